"""The one error of the generator."""


class Refusal(Exception):
    """Raised where a schema cannot be expressed; the text names file, line, column and reason."""
