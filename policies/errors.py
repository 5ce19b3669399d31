"""What the command is given and cannot use."""


class InputError(Exception):
    """Says what is wrong with an input, and the cure; nothing was judged."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}\n  cure: {cure}")
