"""`python -m examples.merchant --port 8210 --issuer URL --client-file FILE`."""

from examples.merchant.service import MERCHANT
from examples.service.serve import main

main(MERCHANT)
