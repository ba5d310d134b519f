"""`python -m eccs_contracts`: the same as `eccs-contracts`."""

import sys

from eccs_contracts._cli import main

if __name__ == "__main__":
    sys.exit(main())
