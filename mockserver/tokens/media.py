"""What images, audio and files in a prompt cost: the parts of a message that are not text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from understudy.mockserver.tokens.audio import AUDIO_PART, UNHEARD, audio_tokens
from understudy.mockserver.tokens.files import file_tokens
from understudy.mockserver.tokens.images import image_tokens


class Media(NamedTuple):
    """Tokens by kind; *text* is what stands around them."""

    text: int = 0
    audio: int = 0
    image: int = 0
    file: int = 0

    @property
    def total(self) -> int:
        return self.text + self.audio + self.image + self.file

    def plus(self, other: Media) -> Media:
        return Media(*map(int.__add__, self, other))


NO_MEDIA = Media()


def media_of(message: Mapping[str, Any], model: str) -> Media:
    """Return what *message* costs for *model* beside its texts: the parts of its content, and its ``audio``
    member, by which the assistant's earlier speech is named."""
    content = message.get("content")
    total = Media(audio=UNHEARD) if isinstance(message.get("audio"), dict) else NO_MEDIA
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        measure = _PARTS.get(kind) if isinstance(kind, str) else None
        if measure is not None:
            total = total.plus(measure(part, model))
    return total


def _image(part: Mapping[str, Any], model: str) -> Media:
    return Media(image=image_tokens(model, part.get("image_url")))


def _audio(part: Mapping[str, Any], model: str) -> Media:
    return Media(text=AUDIO_PART, audio=audio_tokens(part.get("input_audio")))


def _file(part: Mapping[str, Any], model: str) -> Media:
    return Media(file=file_tokens(part.get("file")))


_PARTS: Mapping[Any, Callable[[Mapping[str, Any], str], Media]] = {
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
}
