"""`python -m examples.store --port 8200 --issuer URL --client-file FILE`."""

from examples.service.serve import main
from examples.store.service import STORE

main(STORE)
