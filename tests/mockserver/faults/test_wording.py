"""The catalogue as it is read: the page is up to date, and every entry says what it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.faults.catalogue import FAULTS, GROUPS
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.fault import Fault
from understudy.mockserver.faults.wording import (
    document_of,
    error_document,
    markdown_of,
    markdown_of_error,
    text_of,
    text_of_error,
    text_of_one,
)

OPENAI = profile("openai")

PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
EVERY = pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))


def test_the_page_is_up_to_date() -> None:
    hint = "run: understudy faults --format markdown > docs/faults.md"

    assert PAGE.read_text("utf-8") == markdown_of(GROUPS), hint


def test_the_list_names_them_all() -> None:
    lines = list(text_of(GROUPS))

    assert [line.split()[0] for line in lines if line.startswith("  ")] == [*FAULTS, *NAMED]


@pytest.mark.parametrize("name", NAMED)
def test_an_error_says_its_words(name: str) -> None:
    told, text = error_document(name, OPENAI), " ".join(" ".join(text_of_error(name, OPENAI)).split())

    assert text.startswith(f"{name}: {NAMED[name].about} status {NAMED[name].status} profile openai")
    assert (told["summary"], told["status"]) == (NAMED[name].about, NAMED[name].status)
    assert " ".join(told.get("message", told.get("body")).split()) in text
    assert f"| `{name}` | {told['status']} | {told['summary']} |" in markdown_of_error(name)


def test_an_error_is_in_the_words_of_the_profile() -> None:
    azure = profile("azure")

    assert error_document("rate_limit", azure)["profile"] == "azure"
    assert error_document("rate_limit", azure)["message"] != error_document("rate_limit", OPENAI)["message"]


@EVERY
def test_an_entry_says_everything(fault: Fault) -> None:
    text = " ".join(" ".join(text_of_one(fault)).split())

    assert text.startswith(f"{fault.name}: {fault.summary}")
    for told in (fault.good, fault.needs, f"FACTS {fault.source}", *fault.parameters, *fault.rules):
        assert told in text
    for seen in fault.clients.values():
        assert f"openai-python: {seen.outcome}" in text


@EVERY
def test_a_document_keeps_the_facts(fault: Fault) -> None:
    found = document_of(fault)

    assert (found["name"], found["where"], found["applies"]) == (fault.name, fault.where, fault.applies)
    assert list(found["parameters"]) == list(fault.parameters)
    assert {way: seen["outcome"] for way, seen in found["clients"].items()} == {
        way: seen.outcome for way, seen in fault.clients.items()
    }


def test_a_text_tells_bounds_units_and_defaults() -> None:
    text = " ".join(" ".join(text_of_one(FAULTS["slow_body"])).split())

    assert "seconds the wait before each piece (a number of 0 to 86,400 seconds; default 1.0)" in text
    assert "after_bytes" in " ".join(text_of_one(FAULTS["cut_midstream"]))
    assert "not set)" in " ".join(text_of_one(FAULTS["cut_midstream"]))
