"""How plain text is made up: realistic sentences, the user's own words, or lorem ipsum.

* ``faker``: a few sentences in the language of the prompt.
* ``echo``: the text of the user's last message, its text parts joined by a space; nothing else. Token
  limits and stop sequences cut it as they cut any text.
* ``lorem``: Latin that says nothing; the first choice begins with the well-known sentence.

The style is of plain text only: tool calls and JSON are the same in each.
"""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random
from typing import Literal, TypeAlias, get_args

from understudy.mockserver.generation.prose import SENTENCES, Prose
from understudy.mockserver.tokens.bpe import split

Style: TypeAlias = Literal["faker", "echo", "lorem"]

STYLES: tuple[Style, ...] = get_args(Style)
LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit."
_SEED = 45  # B.C., when the words were written
_WORDS = re.findall(
    "[a-z]+",
    """sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud
    exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure in reprehenderit
    voluptate velit esse cillum fugiat nulla pariatur excepteur sint occaecat cupidatat non proident sunt
    culpa qui officia deserunt mollit anim id est laborum""",
)


def checked(style: str) -> Style:
    """Return *style*. ValueError where there is none of this name."""
    for known in STYLES:
        if style == known:
            return known
    raise ValueError(f"no style {style!r} of generated text; there are: {', '.join(STYLES)}")


@lru_cache(maxsize=8)
def lorem(encoding: str) -> Prose:
    """Return a pool of lorem ipsum, cut into tokens of *encoding*, as ``prose`` has one of English."""
    chance = Random(_SEED)
    made: dict[str, None] = {}
    while len(made) < SENTENCES:
        words = chance.sample(_WORDS, chance.randint(5, 11))
        made[f"{' '.join(words).capitalize()}."] = None
    return Prose(
        openings=tuple((text, split(text, encoding)) for text in made),
        followings=tuple((" " + text, split(" " + text, encoding)) for text in made),
    )
