"""One fault that can happen to a reply, of whichever kind: an error by name, or one of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from understudy.contracts.mistakes import nearest
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults import catalogue
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.fault import Applies
from understudy.mockserver.faults.named_errors import check_parameters, is_error, named_error
from understudy.mockserver.faults.specs import Piece, Value, as_text, read_spec, write_piece
from understudy.mockserver.steps import Rewrite

OK = "ok"
"""The name for no fault at all."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault: an error by name or status, a fault of the catalogue, or ``ok`` for none.

    Its text is what ``parse_fault`` reads. Raises ValueError for a name or a parameter that does not exist,
    and for what has no such text, or too long a one.
    """

    name: str
    parameters: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        texts = tuple((name, as_text(name, value)) for name, value in self.parameters)
        object.__setattr__(self, "parameters", texts)
        if self.name == OK:
            if self.parameters:
                raise ValueError(f"ok has no parameters, not {self.parameters[0][0]!r}")
        elif self.is_error:
            self.error(Profile("none"))
        elif self.name in catalogue.FAULTS:
            self.rewrite()
        else:
            known = (OK, *NAMED, *catalogue.FAULTS)
            raise ValueError(
                f"there is no fault {self.name!r}{nearest(self.name, known)}; there are: {', '.join(known)}, "
                "and the statuses 400 to 599"
            )
        self._check_text()

    @property
    def is_error(self) -> bool:
        """Whether it replaces the reply before any source is asked."""
        return is_error(self.name)

    @property
    def applies(self) -> Applies:
        """Which replies it can happen to."""
        found = catalogue.FAULTS.get(self.name)
        return "both" if found is None else found.applies

    def error(self, profile: Profile, **facts: Any) -> ApiError | Verbatim:
        """Return the error it is; *facts* (model, key, request_id, now) are those of ``named_error``."""
        given = dict(self.parameters)
        headers = tuple(
            (name.partition(".")[2], "" if value is None else str(value))
            for name, value in self.parameters
            if name.startswith("header.")
        )
        words: dict[str, Any] = {k: v for k, v in given.items() if not k.startswith("header.")}
        check_parameters(self.name, words)
        return named_error(self.name, profile, headers=headers, **facts, **words)

    def rewrite(self) -> Rewrite:
        """Return what it does to the steps of a reply."""
        return catalogue.rewrite(self.name, dict(self.parameters))

    def _check_text(self) -> None:
        """Raise ValueError unless the text of this is read as this: a tape has only the text."""
        text = str(self)
        try:
            read = read_spec(text).pieces
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        if read != (Piece(self.name, dict(self.parameters)),):
            raise ValueError(f"{text} is no text of a fault: it would be read as another value")

    def __str__(self) -> str:
        return write_piece(self.name, dict(self.parameters))
