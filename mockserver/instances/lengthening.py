"""Strings of a format made longer, so that they are of the format still."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_LABEL = 40  # characters of a part of a hostname
_LOCAL = 60  # characters before the "@"
_FILLING = "-cedar-birch-hazel-maple-rowan"


def lengthened(name: str, text: str, shortest: int) -> str:
    """Return *text* of the format *name* made *shortest* characters long, or one more.

    As it is where it is long enough, or where its format has no longer form.
    """
    missing = shortest - len(text)
    return _LONGER[name](text, missing) if missing > 0 and name in _LONGER else text


def _filling(size: int) -> str:
    return (_FILLING * (size // len(_FILLING) + 1))[:size]


def _longer_path(text: str, missing: int) -> str:
    return f"{text}/{_filling(missing)[1:]}"


def _longer_moment(text: str, missing: int) -> str:
    seconds = text.index(":") + 6
    return (
        f"{text[:seconds]}.{'123456789' * (missing // 9 + 1)}"[: seconds + max(missing, 2)] + text[seconds:]
    )


def _longer_hostname(text: str, missing: int) -> str:
    # a label more each time; what is left over for the last one is a letter at least, and its dot
    while missing > 0:
        size = missing - 1 if missing <= _LABEL else min(_LABEL, missing - 3)
        text = f"{_filling(size + 1)[1:].replace('-', 'e') or 'a'}.{text}"
        missing -= size + 1
    return text


def _longer_email(text: str, missing: int) -> str:
    local, _, host = text.partition("@")
    more = min(missing, max(_LOCAL - len(local), 0))
    return f"{local}{_filling(more)}@{_longer_hostname(host, missing - more)}"


# how a text of a format is made longer by so many characters
_LONGER: Mapping[str, Callable[[str, int], str]] = {
    **dict.fromkeys(("uri", "iri", "url", "uri-reference", "iri-reference"), _longer_path),
    **dict.fromkeys(("uri-template", "json-pointer", "relative-json-pointer"), _longer_path),
    **dict.fromkeys(("date-time", "time"), _longer_moment),
    **dict.fromkeys(("hostname", "idn-hostname"), _longer_hostname),
    **dict.fromkeys(("email", "idn-email"), _longer_email),
    "regex": lambda text, missing: text + _filling(missing),
}
