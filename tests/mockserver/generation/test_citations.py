"""Links in a text, and the annotations that point at them."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from understudy.contracts.families import family_of
from understudy.mockserver.chat import Choice, read_chat
from understudy.mockserver.generation.citations import cited, notes, searches
from understudy.mockserver.generation.source import generated


@pytest.mark.parametrize(
    ("model", "options", "expected"),
    [
        ("gpt-4o-search-preview", None, True),
        ("gpt-4o-mini-search-preview-2025-03-11", {}, True),
        ("gpt-4o", {}, False),
        ("somebodys-model", {}, True),
        ("somebodys-model", None, False),
    ],
)
def test_the_web_is_searched_by_search_models(model: str, options: Any, expected: bool) -> None:
    assert searches({"web_search_options": options}, family_of(model)) == expected


@pytest.mark.parametrize("seed", range(8))
def test_an_annotation_points_at_its_link(seed: int) -> None:
    text = cited("Größe 😀.", Random(seed))

    found = notes(text)
    assert text.startswith("Größe 😀. ([")
    assert 1 <= len(found) <= 2
    for note in found:
        citation = note["url_citation"]
        link = text[citation["start_index"] : citation["end_index"]]
        assert (list(note), note["type"]) == (["type", "url_citation"], "url_citation")
        assert list(citation) == ["end_index", "start_index", "title", "url"]
        assert re.fullmatch(rf"\(\[[\w.]+\]\({re.escape(citation['url'])}\)\)", link)
        assert citation["title"]


def test_a_link_that_was_cut_has_no_annotation() -> None:
    text = cited("A.", Random(3))

    assert notes(text[:-1]) == notes(text)[:-1]
    assert notes("A.") == []


def one(**more: Any) -> Choice:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], **more}
    (choice,) = generated(1)(read_chat(document)).choices
    return choice


def test_a_model_that_searches_cites() -> None:
    choice = one(model="gpt-4o-search-preview")

    text = choice.message["content"]
    for note in choice.message["annotations"]:
        citation = note["url_citation"]
        assert citation["url"] in text[citation["start_index"] : citation["end_index"]]
    assert choice.message["annotations"]
    assert one(model="gpt-4o-search-preview", max_tokens=3).message["annotations"] == []
    assert (
        generated(1, "echo")(read_chat({"model": "gpt-4o-search-preview"})).choices[0].message["content"]
        == ""
    )
