"""What is shown of keys."""

from __future__ import annotations

import pytest

from understudy.mockserver.admin.masking import masked, masked_header, masked_query, masked_text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer sk-aaaabbbbcccc", "Bear…"),
        ("x-api-key", "short", "…"),
        ("x-understudy-token", "t", "…"),
        ("x-goog-api-key", "AIzaSy", "…"),
        ("Ocp-Apim-Subscription-Key", "0123456789abcdef01", "0123…"),
        ("x-auth-token", "t", "…"),
        ("x-client-secret", "s", "…"),
        ("proxy-authorization", "Basic x", "…"),
        ("apikey", "k", "…"),
        ("set-cookie", "a=b", "…"),
        ("accept", "*/*", "*/*"),
        ("x-ratelimit-remaining-tokens", "149999", "149999"),
        ("idempotency-key", "stainless-1", "stainless-1"),
        ("www-authenticate", "Bearer", "Bearer"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert masked_header(name, value) == shown


def test_queries() -> None:
    query = "api-version=1&api-key=abc&key=&subscription-key=a=b&Client_Secret=s&max_tokens=5&key&x=y"
    shown = "api-version=1&api-key=…&key=…&subscription-key=…&Client_Secret=…&max_tokens=5&key&x=y"

    assert masked_query(query) == shown
    assert masked_query("") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk-aaaabbbbccccdddd", "sk-aaaa…"),
        ("key gsk_aaaabbbbccccddddeeee.", "key gsk_aaaa…."),
        ("sk_aaaabbbbccccddddeeee", "sk_aaaa…"),
        ("xai-aaaabbbbcccc", "xai-aaaa…"),
    ],
)
def test_keys_are_masked_in_texts(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a task-management-description",
        "risk-assessment-of-things",
        "sk-short",
        "",
        "ask-aaaabbbbccccdddd",
        "sk_buff_head_of_the_queue",
        "task_gsk_name",
        "desk_aaaabbbbccccddddeeee",
    ],
)
def test_words_stay(text: str) -> None:
    assert masked_text(text) == text


def test_keys_of_the_server_are_masked_whatever_they_look_like() -> None:
    keys = ("geheimnis", "geheimnis-zwei", "short")

    assert (
        masked_text("a geheimnis, geheimnis-zwei, short sk-aaaabbbbcccc", keys)
        == "a gehe…, gehe…, short sk-aaaa…"
    )


def test_every_text_of_a_document_is_masked() -> None:
    key = "sk-aaaabbbbccccdddd"

    assert masked({"a": key, "b": [key, {"c": (1, None, key)}]}) == {
        "a": "sk-aaaa…",
        "b": ["sk-aaaa…", {"c": [1, None, "sk-aaaa…"]}],
    }
