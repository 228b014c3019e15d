"""Which handler serves what."""

from __future__ import annotations

import pytest

from understudy.mockserver.api import route

GET_HEAD = "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(
    ("method", "path", "handler", "allowed", "name"),
    [
        ("POST", "/chat/completions", "chat", "POST, OPTIONS", ""),
        ("POST", "/chat/completions/", "chat", "POST, OPTIONS", ""),
        ("GET", "/chat/completions", None, "POST, OPTIONS", ""),
        ("OPTIONS", "/chat/completions", "preflight", "POST, OPTIONS", ""),
        ("GET", "/models", "models", GET_HEAD, ""),
        ("HEAD", "/models", "models", GET_HEAD, ""),
        ("GET", "/models/", "models", GET_HEAD, ""),
        ("DELETE", "/models/gpt-4o", None, GET_HEAD, "gpt-4o"),
        ("GET", "/models/gpt-4o", "model", GET_HEAD, "gpt-4o"),
        ("HEAD", "/models/gpt-4o", "model", GET_HEAD, "gpt-4o"),
        ("OPTIONS", "/models/gpt-4o", "preflight", GET_HEAD, "gpt-4o"),
        ("GET", "/models/ft:gpt-4o:acme/team::x", "model", GET_HEAD, "ft:gpt-4o:acme/team::x"),
        ("GET", "/models/100%25", "model", GET_HEAD, "100%25"),  # the server has decoded it once: enough
        ("GET", "/healthz", "health", GET_HEAD, ""),
        ("POST", "/completions", None, "", ""),
        ("OPTIONS", "/completions", None, "", ""),
        ("GET", "/", None, "", ""),
        ("GET", "", None, "", ""),
        ("POST", "/v2/chat/completions", None, "", ""),
        ("POST", "//chat/completions", None, "", ""),
        ("post", "/chat/completions", None, "POST, OPTIONS", ""),
    ],
)
def test_the_table(prefix: str, method: str, path: str, handler: str | None, allowed: str, name: str) -> None:
    found = route(method, prefix + path)

    assert (found.handler, found.allowed, found.name) == (handler, allowed, name)


@pytest.mark.parametrize("path", ["/v1", "/v1/v1/models", "/V1/models", "models"])
def test_no_other_prefix_is_one(path: str) -> None:
    assert route("GET", path) == (None, "", "")
