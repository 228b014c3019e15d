"""What a model thinks before it speaks: how many tokens (FACTS C.2), and some words of it.

OpenAI's models bill their thoughts in multiples of 64 and do not show them. Models of others show them,
and bill what they show.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from understudy.contracts.families import Family, family_of
from understudy.mockserver.generation.prompts import sendable, user_text
from understudy.mockserver.tokens.bpe import count

STEP = 64
# effort -> fewest and most steps; recorded at the default (medium): 1 to 33, half of them up to 4
_STEPS: Mapping[str, tuple[int, int]] = {
    "none": (0, 0),
    "minimal": (0, 1),
    "low": (1, 3),
    "medium": (1, 12),
    "high": (4, 32),
    "xhigh": (16, 64),
    "max": (32, 96),
}
# models of others than OpenAI that show their thoughts, by the name after a vendor's
THINKERS = (
    "deepseek-reasoner*", "deepseek-r1*", "*-r1", "*-r1-*", "*-r1:*", "*thinking*", "*reasoning*", "qwq*",
    "qwen3*", "gpt-oss*", "magistral*", "grok-3-mini*", "grok-4*", "glm-4.[5-9]*", "glm-5*", "minimax-m*",
    "sonar-reasoning*", "phi-4-reasoning*", "gemini-2.5*", "gemini-3*", "nemotron-*-thinking*",
)  # fmt: skip
_SILENT = ("*instruct*", "*non-reasoning*", "*coder*", "*embedding*", "qwen3-max*")
_QUOTED = 60  # characters of the prompt that a thought repeats
_THOUGHTS = (
    'The user says "{said}". I should answer that directly and keep it short.',
    'I am asked: "{said}". Let me think about what matters here, and then answer.',
    'First, what is wanted: "{said}". There is not much to weigh up, so a plain answer will do.',
    'Reading this again: "{said}". A few clear sentences should cover it.',
)
_TOP_UP = " I have looked at it from another side as well, and the answer stays the same."


class Thought(NamedTuple):
    """*text* for APIs that show it (None: nothing was thought), and what it costs."""

    text: str | None
    tokens: int


@lru_cache(maxsize=1024)
def thinker(model: str) -> Family | None:
    """Return the family by which *model* thinks before it speaks, None where it does not think."""
    own = model.rpartition("/")[2].lower()  # gateways write vendor/model
    family = family_of(own)
    if family.reasoning or (_among(own, THINKERS) and not _among(own, _SILENT)):
        return family
    return None


def thought(document: Mapping[str, Any], messages: Any, family: Family, number: int) -> Thought:
    """Return what a model that thinks has thought about the request; chance is in *number*."""
    effort = _effort(document, family)
    number, at = divmod(number, len(_THOUGHTS))
    low, high = _STEPS.get(effort, _STEPS["medium"])
    # the less of two draws: most thoughts are short
    number, first = divmod(number, high - low + 1)
    steps = low + min(first, number % (high - low + 1))
    if not steps:
        return Thought(None, 0)
    said = sendable(" ".join(user_text(messages)[:_QUOTED].split()))
    text = _THOUGHTS[at].format(said=said) + _TOP_UP * min(low, 4)
    return Thought(text, STEP * steps if family.reasoning else count(text, family.encoding))


def _effort(document: Mapping[str, Any], family: Family) -> str:
    """Return the effort that was asked for, in whichever provider's words, or the model's own."""
    for name, member, off in _SWITCHES:
        inner = document.get(name)
        if isinstance(inner, dict) and member in inner and inner[member] == off:
            return "none"
    openrouter = document.get("reasoning")
    nested = openrouter.get("effort") if isinstance(openrouter, dict) else None
    for effort in (document.get("reasoning_effort"), nested):
        if isinstance(effort, str):
            return effort
    return family.default_effort if family.reasoning else "medium"


# member of the request, its member, and what that says where thinking is switched off
_SWITCHES: tuple[tuple[str, str, Any], ...] = (
    ("reasoning", "enabled", False),
    ("thinking", "type", "disabled"),
    ("chat_template_kwargs", "enable_thinking", False),
    ("chat_template_kwargs", "thinking", False),
)


def _among(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
