"""The exceptions of the local stack.

RuntimeError
└── StackError        the stack cannot do what was asked; what, where, which variable to set
    └── Unavailable   a provider cannot be used on this machine; the next one may
"""

USAGE = 2
CANNOT_REACH = 3


class StackError(RuntimeError):
    """Raised when the stack cannot be started or has lost a part.

    Attributes:
        exit_code: What a command that fails with this error exits with (2 usage, 3 cannot reach).
    """

    def __init__(self, message: str, exit_code: int = CANNOT_REACH) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Unavailable(StackError):
    """Raised by a provider that cannot be used here, so that the next best one is tried."""
