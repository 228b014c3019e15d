"""The usage member of a reply, from counts of tokens (FACTS C.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from understudy.contracts import Family
from understudy.mockserver.chat import Document
from understudy.mockserver.layout import Written, indented


class Counts(NamedTuple):
    """Tokens of one exchange. *cached* and *cache_write* are parts of *prompt*, as are *audio_prompt*
    and *image_prompt*; *reasoning* and *audio_completion* are parts of *completion*."""

    prompt: int
    completion: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    audio_prompt: int = 0
    image_prompt: int = 0
    audio_completion: int = 0


_MEMBERS = 5
_SUM = Written("%d")
_NO_DETAILS = (0,) * (len(Counts._fields) - 2)
# where the count of each detail stands: in Counts, or behind it, where the text's is added
_TEXT = len(Counts._fields)
_OF_PROMPT = {
    "cached_tokens": Counts._fields.index("cached"),
    "cache_write_tokens": Counts._fields.index("cache_write"),
    "audio_tokens": Counts._fields.index("audio_prompt"),
    "image_tokens": Counts._fields.index("image_prompt"),
    "text_tokens": _TEXT,
}
_OF_COMPLETION = {
    "reasoning_tokens": Counts._fields.index("reasoning"),
    "audio_tokens": Counts._fields.index("audio_completion"),
    "text_tokens": _TEXT,
}


def usage_document(counts: Counts, family: Family) -> dict[str, Any]:
    """Return the ``usage`` of *counts*, with the keys that models of *family* send, in their order.

    Its details are shared with others: read only.
    """
    prompt, completion = counts.prompt, counts.completion
    document: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    names = family.prompt_details, family.completion_details
    if counts[2:] == _NO_DETAILS and "text_tokens" not in names[0]:  # by far the most
        plain = _plain(*names)
        document["prompt_tokens_details"], document["completion_tokens_details"] = plain.read, plain.made
        return document
    read = (*counts, prompt - counts.audio_prompt - counts.image_prompt)
    made = (*counts, completion - counts.audio_completion - counts.reasoning)
    document["prompt_tokens_details"] = _counted(names[0], _OF_PROMPT, read)
    document["completion_tokens_details"] = _counted(names[1], _OF_COMPLETION, made)
    return document


def _counted(names: Iterable[str], places: Mapping[str, int], numbers: Sequence[int]) -> dict[str, int]:
    return {name: numbers[places[name]] if name in places else 0 for name in names}


def laid_out(usage: Document) -> str:
    """Return what ``indented(usage, "\\n  ")`` does; where all details are 0, by filling in a template."""
    if len(usage) == _MEMBERS:
        prompt, completion, total, read, made = usage.values()
        if type(read) is dict is type(made):
            plain = _plain(tuple(read), tuple(made))
            ours = read is plain.read and made is plain.made
            if ours and type(prompt) is type(completion) is type(total) is int:
                return plain.template % (prompt, completion, total)
    return indented(usage, "\n  ")


class _Plain(NamedTuple):
    """The details of a usage that is all plain text, and its layout with the three sums left open."""

    read: dict[str, int]
    made: dict[str, int]
    template: str


@lru_cache(maxsize=64)
def _plain(read: tuple[str, ...], made: tuple[str, ...]) -> _Plain:
    none = dict.fromkeys(read, 0), dict.fromkeys(made, 0)
    usage = {"prompt_tokens": _SUM, "completion_tokens": _SUM, "total_tokens": _SUM}
    details = {"prompt_tokens_details": none[0], "completion_tokens_details": none[1]}
    return _Plain(*none, indented({**usage, **details}, "\n  "))
