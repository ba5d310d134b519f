"""The one error of the local stack."""


class StackError(Exception):
    """Raised where a part cannot be had; one line that says which, at which address, and what to set or install."""
