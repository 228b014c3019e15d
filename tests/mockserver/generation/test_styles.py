"""Ways to make text up."""

from __future__ import annotations

import pytest

from understudy.mockserver.generation.prose import SENTENCES
from understudy.mockserver.generation.styles import STYLES, checked, lorem
from understudy.mockserver.tokens.bpe import split


def test_a_style_is_one_of_three() -> None:
    assert STYLES == ("faker", "echo", "lorem")
    assert [checked(style) for style in STYLES] == list(STYLES)


def test_another_style_is_an_error_that_names_them() -> None:
    with pytest.raises(ValueError, match=r"no style 'poem'.*there are: faker, echo, lorem"):
        checked("poem")


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_the_pieces_of_lorem_are_the_tokens_of_their_text(encoding: str) -> None:
    pool = lorem(encoding)
    text = "".join([pool.openings[0][0], *(text for text, _ in pool.followings)])
    pieces = [*pool.openings[0][1], *(piece for _, tokens in pool.followings for piece in tokens)]

    assert split(text, encoding) == tuple(pieces)
    assert len({text for text, _ in pool.openings}) == SENTENCES
