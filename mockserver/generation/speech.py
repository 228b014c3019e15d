"""Answers that are spoken: the audio of a message, and what it costs (FACTS B.1, C.2)."""

from __future__ import annotations

import base64
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from understudy.mockserver.chat import Document
from understudy.mockserver.generation.sounds import FORMATS, sound

TOKENS_A_SECOND = 20  # recorded: 51 tokens for 2.6 seconds
_FEWEST, _MORE = 8, 9  # tokens: 0.4 to 0.8 seconds, however long the transcript, so that files stay small
_TONES = (196, 220, 247, 262, 294, 330, 349, 392)  # hertz
_DEFAULT = "wav"


class Speech(NamedTuple):
    """The ``audio`` of a message, its tokens, and whether it was *cut*.

    Its ``expires_at``, between data and transcript, is the encoder's, which knows the time.
    """

    audio: dict[str, Any]
    tokens: int
    cut: bool


def spoken(document: Document, transcript: str, most: int, chance: Random) -> Speech:
    """Return the audio that says *transcript* in *most* tokens (below zero: as many as it takes)."""
    needed = _FEWEST + int(chance.random() * _MORE)
    tokens = min(needed, most) if most >= 0 else needed
    wanted = document.get("audio")
    form = wanted.get("format") if isinstance(wanted, dict) else None
    tone = _TONES[int(chance.random() * len(_TONES))]
    data = _encoded(form if form in FORMATS else _DEFAULT, tokens, tone)
    audio = {"id": f"audio_{chance.getrandbits(128):032x}", "data": data, "transcript": transcript}
    return Speech(audio, tokens, cut=tokens < needed)


@lru_cache(maxsize=32)
def _encoded(form: str, tokens: int, tone: int) -> str:
    return base64.b64encode(sound(form, tokens * 1000 // TOKENS_A_SECOND, tone)).decode("ascii")
