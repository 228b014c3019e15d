"""What a broken contract looks like: one value, whoever found it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Tier: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of a documented rule.

    *path* is a JSON path (``$.messages[0].role``); in a stream it starts at the event
    (``$[3].choices[0].delta``). *message* is the API's own wording where the API has one.
    *param* and *code* are what the API would put beside it. *source* says where the rule is
    documented (``FACTS A.7``).
    """

    rule: str
    tier: Tier
    path: str
    message: str
    source: str
    got: str = ""
    documented: str = ""
    advice: str = ""
    param: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.rule}]"
