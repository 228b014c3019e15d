"""Which handler serves what."""

from __future__ import annotations

import pytest

from understudy.mockserver.api import route

GET_HEAD = "GET, HEAD, OPTIONS"
STORED = "GET, POST, DELETE, OPTIONS"


@pytest.mark.parametrize("prefix", ["", "/v1", "/openai/v1"])
@pytest.mark.parametrize(
    ("method", "path", "handler", "allowed", "name"),
    [
        ("POST", "/chat/completions", "chat", "POST, GET, OPTIONS", ""),
        ("POST", "/chat/completions/", "chat", "POST, GET, OPTIONS", ""),
        ("GET", "/chat/completions", "stored list", "POST, GET, OPTIONS", ""),
        ("OPTIONS", "/chat/completions", "preflight", "POST, GET, OPTIONS", ""),
        ("GET", "/models", "models", GET_HEAD, ""),
        ("HEAD", "/models", "models", GET_HEAD, ""),
        ("GET", "/models/", "models", GET_HEAD, ""),
        ("DELETE", "/models/gpt-4o", None, GET_HEAD, "gpt-4o"),
        ("GET", "/models/gpt-4o", "model", GET_HEAD, "gpt-4o"),
        ("HEAD", "/models/gpt-4o", "model", GET_HEAD, "gpt-4o"),
        ("OPTIONS", "/models/gpt-4o", "preflight", GET_HEAD, "gpt-4o"),
        ("GET", "/models/ft:gpt-4o:acme/team::x", "model", GET_HEAD, "ft:gpt-4o:acme/team::x"),
        ("GET", "/models/100%25", "model", GET_HEAD, "100%25"),  # the server has decoded it once: enough
        ("GET", "/chat/completions/chatcmpl-1", "stored get", STORED, "chatcmpl-1"),
        ("POST", "/chat/completions/chatcmpl-1", "stored update", STORED, "chatcmpl-1"),
        ("DELETE", "/chat/completions/chatcmpl-1", "stored delete", STORED, "chatcmpl-1"),
        ("GET", "/chat/completions/chatcmpl-1/messages", "stored messages", "GET, OPTIONS", "chatcmpl-1"),
        ("GET", "/chat/completions/a/b", None, "", ""),
        ("POST", "/openai/deployments/my-4o/chat/completions", "chat", "POST, OPTIONS", "my-4o"),
        ("GET", "/healthz", "health", GET_HEAD, ""),
        ("POST", "/completions", None, "", ""),
        ("OPTIONS", "/completions", None, "", ""),
        ("GET", "/", None, "", ""),
        ("GET", "", None, "", ""),
        ("POST", "/v2/chat/completions", None, "", ""),
        ("POST", "//chat/completions", None, "", ""),
        ("post", "/chat/completions", None, "POST, GET, OPTIONS", ""),
    ],
)
def test_the_table(prefix: str, method: str, path: str, handler: str | None, allowed: str, name: str) -> None:
    found = route(method, prefix + path)

    assert (found.handler, found.allowed, found.name) == (handler, allowed, name)


@pytest.mark.parametrize("path", ["/v1", "/v1/v1/models", "/V1/models", "models"])
def test_no_other_prefix_is_one(path: str) -> None:
    assert route("GET", path) == (None, "", "")
