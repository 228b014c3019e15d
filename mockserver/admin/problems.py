"""What the admin API refuses, in one envelope: ``{"error": {message, type, param, code}}``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from understudy.contracts.mistakes import nearest
from understudy.mockserver.wire import Headers

TYPE = "understudy_admin"


class Problem(Exception):
    """The admin request stops here; ``document`` is the reply. *param* is what was wrong in the request."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, headers: Headers = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.headers = headers

    @property
    def document(self) -> dict[str, Any]:
        """The envelope, as JSON values."""
        return {"error": {"message": str(self), "type": TYPE, "param": self.param, "code": self.code}}


def invalid(message: str, param: str | None = None) -> Problem:
    """Return the 400 for a value that cannot be."""
    return Problem(400, "invalid_value", message, param=param)


def unknown(kind: str, name: str, known: Iterable[str], *, param: str | None = None) -> Problem:
    """Return the 400 for the *kind* of thing *name*, which is none of *known*."""
    listed = list(known)
    allowed = ", ".join(listed) or "none"
    message = f"unknown {kind} {shortened(name)!r}{nearest(name, listed)}; allowed: {allowed}"
    return Problem(400, f"unknown_{kind}", message, param=param or name[:100])


def missing(kind: str, name: str, way_out: str) -> Problem:
    """Return the 404 for the *kind* of thing *name* that there is not (or no more)."""
    return Problem(404, f"no_such_{kind}", f"there is no {kind} {shortened(name)!r}; {way_out}")


def shortened(text: str, most: int = 100) -> str:
    """Return *text*, at most *most* characters of it."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
