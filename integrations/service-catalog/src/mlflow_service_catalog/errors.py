"""What the command refuses."""


class CatalogError(Exception):
    """An entry or a file is refused, and nothing was written; the message says why, and the cure."""
