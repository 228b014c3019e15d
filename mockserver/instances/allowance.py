"""How much may be drawn for one value: a schema of a few bytes can ask for more than a machine holds."""

from __future__ import annotations

VALUES = 20_000  # objects, items, texts; a text counts as one for each 64 characters


class Exhausted(Exception):
    """All that may be drawn for one value has been drawn."""

    def __init__(self) -> None:
        super().__init__(f"it takes more than {VALUES} values or tries; script the answer instead")


class Allowance:
    """What is left, shared by all that is drawn, and tried in vain, for one value.

    *vain*: the reasons why nothing was found, by the identity of the shape it was to be found for.
    """

    __slots__ = ("_left", "vain")

    def __init__(self, values: float = VALUES) -> None:
        self._left = values
        self.vain: dict[int, list[str]] = {}

    def spend(self, values: float) -> None:
        """Take *values* off what is left. Raises Exhausted where that was not enough."""
        self._left -= values
        if self._left < 0:
            raise Exhausted
