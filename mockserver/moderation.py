"""The ``moderation`` member of a reply: what a moderation model finds in prompt and answer (FACTS B.1).

Nothing is ever found: scores are low, drawn from the request, and no category is flagged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from random import Random
from typing import Any

from understudy.mockserver.chat import Answer, ChatRequest

_DEFAULT_MODEL = "omni-moderation-latest"
# each category, and whether pictures are judged by it as well as text
_CATEGORIES = {
    "harassment": False,
    "harassment/threatening": False,
    "hate": False,
    "hate/threatening": False,
    "illicit": False,
    "illicit/violent": False,
    "self-harm": True,
    "self-harm/instructions": True,
    "self-harm/intent": True,
    "sexual": True,
    "sexual/minors": False,
    "violence": True,
    "violence/graphic": True,
}
_LOWEST, _DOUBLINGS = 1e-7, 13  # recorded scores of harmless texts: 2e-7 to 5e-3


def moderation(chat: ChatRequest, answer: Answer) -> dict[str, Any]:
    """Return the member that *chat* asked for: a result for the prompt, and one for each choice of *answer*.

    Equal requests get equal scores.
    """
    asked = chat.document.get("moderation")
    model = asked.get("model") if isinstance(asked, dict) else None
    model = model if isinstance(model, str) and model else _DEFAULT_MODEL
    chance = Random(int.from_bytes(chat.fingerprint, "big"))
    return {
        "input": _results(model, [_result(model, chance, pictures=_has_pictures(chat.messages))]),
        "output": _results(model, [_result(model, chance, pictures=False) for _ in answer.choices]),
    }


def _results(model: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "moderation_results", "model": model, "results": results}


def _result(model: str, chance: Random, *, pictures: bool) -> dict[str, Any]:
    return {
        "type": "moderation_result",
        "model": model,
        "flagged": False,
        "categories": dict.fromkeys(_CATEGORIES, False),
        "category_scores": {category: _score(chance) for category in _CATEGORIES},
        "category_applied_input_types": {
            category: ["text", "image"] if pictures and seen else ["text"]
            for category, seen in _CATEGORIES.items()
        },
    }


def _score(chance: Random) -> float:
    """Return a low score, its order of magnitude by chance. Doubling is exact on every machine."""
    return math.ldexp(_LOWEST * (1 + chance.random()), chance.randrange(_DOUBLINGS))


def _has_pictures(messages: Iterable[Any]) -> bool:
    contents = (message.get("content") for message in messages if isinstance(message, dict))
    return any(
        isinstance(part, dict) and part.get("type") == "image_url"
        for content in contents
        if isinstance(content, list)
        for part in content
    )
