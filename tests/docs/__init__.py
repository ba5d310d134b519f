"""Documents that are made, not written: `make docs` writes them, and a test holds them up to date."""
