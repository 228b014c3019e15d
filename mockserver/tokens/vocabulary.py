"""The published vocabularies, and how each encoding cuts a text into words before merging.

The cutting patterns speak of Unicode classes. ``re`` knows none, and every Python has another Unicode;
so a text that is not ASCII is first rewritten, one stand-in per character, and the pattern runs over
the stand-ins. They are all below U+0100, where ``re`` is fastest; ASCII stands for itself.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise

ENCODINGS = ("o200k_base", "cl100k_base")

# class in classes.z -> its stand-in (.ci/build_vocabularies.py names the classes)
_STAND_INS = {"U": "A", "D": "a", "B": "\xaa", "M": "\xa8", "N": "0", "S": "\t", "O": "!"}
# the one letter beyond ASCII that equals an ASCII letter of the patterns when case is ignored
_LONG_S = {0x17F: 0xDF}

_LETTER, _DIGIT, _SPACE = r"A-Za-z\xaa\xdf", r"0-9", r"\t-\r "
_UPPER, _LOWER = r"A-Z\xaa\xa8", r"a-z\xaa\xa8\xdf"
_SHORT = r"'(?:[sdmtSDMT\xdf]|[lL][lL]|[vV][eE]|[rR][eE])"
_LEAD = rf"[^\r\n{_LETTER}{_DIGIT}]?"

# tiktoken_ext/openai_public.py, said with the classes above
PATTERNS: Mapping[str, str] = {
    "cl100k_base": (
        rf"{_SHORT}|{_LEAD}[{_LETTER}]+|[{_DIGIT}]{{1,3}}| ?[^{_SPACE}{_LETTER}{_DIGIT}]+[\r\n]*"
        rf"|[{_SPACE}]+\Z|[{_SPACE}]*[\r\n]|[{_SPACE}]+(?![^{_SPACE}])|[{_SPACE}]"
    ),
    "o200k_base": (
        rf"{_LEAD}[{_UPPER}]*[{_LOWER}]+(?:{_SHORT})?|{_LEAD}[{_UPPER}]+[{_LOWER}]*(?:{_SHORT})?"
        rf"|[{_DIGIT}]{{1,3}}| ?[^{_SPACE}{_LETTER}{_DIGIT}]+[\r\n/]*"
        rf"|[{_SPACE}]*[\r\n]+|[{_SPACE}]+(?![^{_SPACE}])|[{_SPACE}]+"
    ),
}


def tokens(encoding: str) -> list[bytes]:
    """Return the tokens of *encoding* in rank order. ValueError for one we do not carry."""
    if encoding not in ENCODINGS:
        raise ValueError(f"no encoding {encoding!r}; there are: {', '.join(ENCODINGS)}")
    data = zlib.decompress(_read(f"{encoding}.z"))
    start = 4 + int.from_bytes(data[:4], "big")
    return [data[a:b] for a, b in pairwise(accumulate(data[4:start], initial=start))]


def words(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Return *text* cut into the words of *pattern*, nothing lost."""
    if text.isascii():
        return pattern.findall(text)
    cut = pattern.findall(text.translate(_stand_ins()))
    return [text[a:b] for a, b in pairwise(accumulate(map(len, cut), initial=0))]


def _read(name: str) -> bytes:
    return files("understudy.mockserver").joinpath("vocabularies").joinpath(name).read_bytes()


@cache
def _stand_ins() -> dict[int, int]:
    """Return the stand-in of every character beyond ASCII that is not a plain "!"."""
    table = _Table()
    code = 0
    for letter, length in re.findall("([A-Z])([0-9a-f]+)", zlib.decompress(_read("classes.z")).decode()):
        end = code + int(length, 16)
        if end > 128 and letter != "O":
            table.runs.append((max(code, 128), end, ord(_STAND_INS[letter])))
        code = end
    table.update(_LONG_S)
    return table


class _Table(dict[int, int]):
    """Stand-ins by code point, looked up on first need: few texts use many characters."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[tuple[int, int, int]] = []

    def __missing__(self, code: int) -> int:
        found = code if code < 128 else ord("!")
        at = bisect_right(self.runs, (code, 0x110000, 0)) - 1
        if at >= 0 and self.runs[at][0] <= code < self.runs[at][1]:
            found = self.runs[at][2]
        if len(self) >= 65_536:
            self.clear()
            self.update(_LONG_S)
        self[code] = found
        return found
