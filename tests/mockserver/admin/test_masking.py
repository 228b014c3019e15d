"""What is shown of keys."""

from __future__ import annotations

import pytest

from understudy.mockserver.admin.masking import masked_header, masked_query, masked_text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer sk-aaaabbbbcccc", "Bear…"),
        ("x-api-key", "short", "…"),
        ("x-understudy-token", "t", "…"),
        ("accept", "*/*", "*/*"),
        ("x-custom", "sk-aaaabbbbccccdddd", "sk-aaaa…"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert masked_header(name, value) == shown


def test_queries() -> None:
    assert (
        masked_query("api-version=1&api-key=abc&key=&x=sk-aaaabbbbccccdddd")
        == "api-version=1&api-key=…&key=…&x=sk-aaaa…"
    )


@pytest.mark.parametrize(
    "text",
    ["a task-management-description", "risk-assessment-of-things", "sk-short", "", "ask-aaaabbbbccccdddd"],
)
def test_words_stay(text: str) -> None:
    assert masked_text(text) == text
