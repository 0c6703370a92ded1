"""`python -m examples.social --port 8201 --issuer URL --client-file FILE`."""

from examples.service.serve import main
from examples.social.service import SOCIAL

main(SOCIAL)
