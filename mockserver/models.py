"""The models endpoints (FACTS G)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from understudy.mockserver.errors import ApiError

# id, created in seconds since 1970: what the list shows while models are not restricted
KNOWN: Sequence[tuple[str, int]] = (
    ("gpt-3.5-turbo", 1677610602),
    ("gpt-4", 1687882411),
    ("gpt-4-turbo", 1712361441),
    ("gpt-4o", 1715367049),
    ("gpt-4o-mini", 1721172741),
    ("o1", 1734375816),
    ("o3-mini", 1737146383),
    ("gpt-4.1", 1744316542),
    ("gpt-4.1-mini", 1744318173),
    ("gpt-4.1-nano", 1744321025),
    ("o3", 1744225308),
    ("o4-mini", 1744225351),
    ("gpt-5", 1754425777),
    ("gpt-5-mini", 1754425928),
    ("gpt-5-nano", 1754426384),
)
_CREATED = dict(KNOWN)


def listing(restricted: Sequence[str]) -> dict[str, Any]:
    """Return the list of models: those the server is restricted to, else well-known ones."""
    names = restricted or [name for name, _ in KNOWN]
    return {"object": "list", "data": [_model(name) for name in names]}


def model(name: str, restricted: Sequence[str]) -> dict[str, Any] | None:
    """Return the model *name*, or None where it is not one of those the server is restricted to.

    Unrestricted, every name is a model, as every name can be asked.
    """
    return _model(name) if not restricted or name in restricted else None


def unknown(name: str) -> ApiError:
    """FACTS G: quoted otherwise than in a chat request, and with ``param``."""
    message = f"The model '{name}' does not exist"
    return ApiError(404, message, param="model", code="model_not_found", voice="gateway")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED.get(name, 1686935002), "owned_by": "system"}
