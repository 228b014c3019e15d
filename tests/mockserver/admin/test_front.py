"""The admin API and namespaces where clients meet them: over real sockets, and under the official client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from openai import BadRequestError, OpenAI

from understudy.mockserver.admin.front import Front, is_idle
from understudy.mockserver.admin.namespaces import Namespaces
from understudy.mockserver.app import App
from understudy.mockserver.errors import too_slow
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request

BOUND = 20.0  # seconds that anything here may take before it counts as never
CHAT = "/v1/chat/completions"


class Door:
    """A served front: asked as any client asks."""

    def __init__(self, url: str, front: Front) -> None:
        self.url, self.front = url, front

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=BOUND)
        data = None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, data, named)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")
        finally:
            connection.close()

    def says(self, space: str = "", text: str = "hi", **headers: str) -> str:
        base = self.url.replace("/v1", f"{space}/v1")
        with OpenAI(base_url=base, api_key="sk-1", max_retries=0, default_headers=headers) as client:
            messages: Any = [{"role": "user", "content": text}]
            return str(
                client.chat.completions.create(model="gpt-4o-mini", messages=messages)
                .choices[0]
                .message.content
            )


def front_of(
    make_engine: Callable[..., Any], host: str | None, token: str = "", most: int = 4, **known: Any
) -> Front:
    spaces: Namespaces[Any] = Namespaces(
        make_engine(**known), lambda name: make_engine(**known), idle=is_idle, most=most
    )
    return Front(spaces, host, token)


def ask(front: Front, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Ask *front* as a shell does, without one."""
    pairs = [(b"host", b"127.0.0.1")]
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    data = b"" if body is None else json.dumps(body).encode()
    reply = front.handle(Request(method, path, pairs, data), 0.0)
    front.close(reply, "sent", 0.0)
    return reply.entry.status, json.loads(reply.entry.reply)


def names(front: Front, **headers: str) -> list[str]:
    return [one["name"] for one in ask(front, "GET", "/__understudy/namespaces", **headers)[1]["data"]]


@pytest.fixture
def door(make_engine: Callable[..., Any]) -> Iterator[Door]:
    front = front_of(make_engine, "127.0.0.1")
    with serving(App(front)) as url:  # type: ignore[arg-type]  # until the app asks for a protocol
        yield Door(url, front)


def test_a_rule_that_is_added_answers_the_official_client(door: Door) -> None:
    assert door.ask("POST", "/__understudy/rules", {"reply": "Hello!"})[0] == 200

    assert door.says() == "Hello!"
    assert door.ask("GET", "/__understudy/journal")[1]["data"][0]["source"] == "scripted"


def test_namespaces_do_not_see_one_another(door: Door) -> None:
    door.ask("POST", "/ns/a/__understudy/rules", {"reply": "a"})
    door.ask("POST", "/__understudy/rules", {"reply": "b"}, x_understudy_namespace="b")

    assert door.says("/ns/a") == "a"
    assert door.says("/ns/b") == "b"
    assert door.says(**{"x-understudy-namespace": "a"}) == "a"
    assert door.says() not in ("a", "b")
    kept = [
        door.ask("GET", f"{space}/__understudy/health")[1]["requests_kept"]
        for space in ("/ns/a", "/ns/b", "")
    ]
    assert kept == [2, 1, 1]
    assert [one["name"] for one in door.ask("GET", "/__understudy/namespaces")[1]["data"]] == ["a", "b"]


def test_a_namespace_that_was_removed_begins_anew(door: Door) -> None:
    door.ask("POST", "/ns/a/__understudy/rules", {"reply": "a"})

    assert door.ask("DELETE", "/__understudy/namespaces/a") == (200, {"removed": 1})

    assert door.says("/ns/a") != "a"
    assert door.ask("GET", "/ns/a/__understudy/rules")[1]["data"] == []


def test_an_outcome_reaches_the_journal_of_its_own_namespace(door: Door) -> None:
    door.says("/ns/a")

    assert door.ask("GET", "/ns/a/__understudy/journal/0")[1]["outcome"] == "sent"


def test_asking_for_the_journal_is_not_in_the_journal(door: Door) -> None:
    for _ in range(3):
        door.ask("GET", "/__understudy/journal")

    assert door.ask("GET", "/__understudy/journal")[1]["data"] == []


def test_a_namespace_that_cannot_be_is_told(door: Door) -> None:
    with pytest.raises(BadRequestError, match="1 to 64 letters"):
        door.says("/ns/-a")


def test_a_rebound_name_and_a_foreign_page_are_refused(door: Door) -> None:
    assert door.ask("GET", "/__understudy/journal", host="evil.example")[0] == 403
    assert door.ask("DELETE", "/__understudy/rules", origin="https://evil.example")[0] == 403
    assert door.ask("OPTIONS", "/__understudy/rules", origin="https://evil.example")[0] == 403


def test_beyond_loopback_the_token_decides(make_engine: Callable[..., Any]) -> None:
    front = front_of(make_engine, "0.0.0.0", "t0ken")  # noqa: S104
    with serving(App(front)) as url:  # type: ignore[arg-type]
        door = Door(url, front)

        assert door.ask("GET", "/__understudy/health")[0] == 401
        assert door.ask("GET", "/__understudy/health", x_understudy_token="t0ken")[0] == 200
        assert door.ask("GET", "/ns/a/__understudy/health", authorization="Bearer t0ken")[0] == 200


def test_a_client_that_makes_one_namespace_a_test_stays_within_bounds(
    make_engine: Callable[..., Any],
) -> None:
    front = front_of(make_engine, None, most=2)
    chat = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}).encode()

    for number in range(50):
        for path in (CHAT, "/__understudy/health"):
            reply = front.handle(
                Request("POST" if path == CHAT else "GET", f"/ns/t{number}{path}", [], chat), 0.0
            )
            front.close(reply, "sent", 0.0)

    page = front.handle(Request("GET", "/__understudy/namespaces", []), 0.0)
    listed = json.loads(page.entry.reply)
    assert ([one["name"] for one in listed["data"]], listed["dropped"]) == (["t48", "t49"], 48)
    assert len(front._desks) <= 4


def test_where_no_namespace_can_go_the_client_is_told_not_to_retry(make_engine: Callable[..., Any]) -> None:
    front = front_of(make_engine, None, most=1)
    front.handle(Request("GET", "/ns/a/v1/models", []), 0.0)  # never closed

    head, *_ = front.handle(Request("GET", "/ns/b/v1/models", []), 0.0).steps

    assert isinstance(head, Head)
    assert head.status == 503
    assert dict(head.headers)[b"x-should-retry"] == b"false"


BEARER = "Bearer token"
STRANGERS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/v1/models", {}),
    ("GET", "/v1/models", {"authorization": "Bearer sk-other"}),
    ("GET", "/v1/models", {"authorization": "Basic sk-known"}),
    ("GET", "/v1/models", {"api_key": "sk-other"}),
    ("GET", "/healthz", {}),
    ("GET", "/__understudy/health", {}),
    ("GET", "/__understudy/health", {"authorization": "Bearer sk-known"}),
    ("POST", "/__understudy/rules", {"x_understudy_token": "other"}),
    ("POST", "/__understudy/rules", {"authorization": BEARER, "origin": "http://evil.example"}),
]


@pytest.mark.parametrize(("method", "path", "headers"), STRANGERS)
def test_strangers_make_no_namespace_and_so_drop_none(
    make_engine: Callable[..., Any], method: str, path: str, headers: dict[str, str]
) -> None:
    front = front_of(make_engine, "0.0.0.0", "token", most=2, api_keys=("sk-known",))  # noqa: S104
    ask(front, "GET", "/ns/suite/v1/models", authorization="Bearer sk-known")
    ask(front, "GET", "/ns/other/v1/models", api_key="sk-known")

    refused = {ask(front, method, f"/ns/x{number}{path}", **headers)[0] for number in range(5)}

    assert refused <= ({200} if path == "/healthz" else {401, 403})
    assert names(front, authorization=BEARER) == ["suite", "other"]
    assert ask(front, "GET", "/ns/suite/__understudy/health", authorization=BEARER)[1]["requests_kept"] == 1


def test_a_stranger_whose_request_did_not_come_in_whole_makes_no_namespace(
    make_engine: Callable[..., Any],
) -> None:
    front = front_of(make_engine, None, api_keys=("sk-known",))

    front.refuse(Request("POST", f"/ns/a{CHAT}", []), too_slow(), 0.0)

    assert names(front) == []


SET_UP = [
    ("POST", "rules", {"reply": "Hello!"}),
    ("POST", "faults", "500"),
    ("PUT", "limits", {"limits": [{"requests_per_minute": 5}]}),
    ("PUT", "seed", {"seed": 7}),
]


@pytest.mark.parametrize(("method", "part", "body"), SET_UP)
def test_a_namespace_that_was_set_up_is_kept(
    make_engine: Callable[..., Any], method: str, part: str, body: Any
) -> None:
    front = front_of(make_engine, None, most=2)
    assert ask(front, method, f"/ns/suite/__understudy/{part}", body)[0] == 200
    before = ask(front, "GET", f"/ns/suite/__understudy/{part}")

    for number in range(5):
        ask(front, "GET", f"/ns/x{number}/v1/models", authorization="Bearer sk-1")

    assert names(front) == ["suite", "x4"]
    assert ask(front, "GET", f"/ns/suite/__understudy/{part}") == before


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/ns/a/__understudy/reset"), ("DELETE", "/__understudy/namespaces/a")]
)
def test_where_all_are_set_up_a_new_one_is_refused_until_one_is_not(
    make_engine: Callable[..., Any], method: str, path: str
) -> None:
    front = front_of(make_engine, None, most=2)
    for name in "ab":
        ask(front, "POST", f"/ns/{name}/__understudy/rules", {"reply": name})

    for new in ("/ns/c/v1/models", "/ns/c/__understudy/rules"):
        status, refusal = ask(front, "GET", new, authorization="Bearer sk-1")
        assert (status, refusal["error"]["code"]) == (503, "too_many_namespaces")
        assert "all 2 namespaces are set up" in refusal["error"]["message"]
    assert names(front) == ["a", "b"]

    assert ask(front, method, path)[0] == 200
    assert ask(front, "GET", "/ns/c/v1/models", authorization="Bearer sk-1")[0] == 200
    assert names(front) == ["b", "c"]


def test_what_changes_nothing_keeps_no_namespace(make_engine: Callable[..., Any]) -> None:
    front = front_of(make_engine, None, most=1)
    for name in "abc":
        assert ask(front, "POST", f"/ns/{name}/__understudy/rules", {"rply": "Hello!"})[0] == 400
        assert ask(front, "DELETE", f"/ns/{name}/__understudy/journal")[0] == 200
        assert ask(front, "GET", f"/ns/{name}/__understudy/rules")[0] == 200

    assert names(front) == ["c"]


def test_who_administer_at_once_do_it_at_one_desk(make_engine: Callable[..., Any]) -> None:
    front = front_of(make_engine, None)
    threads = [
        Thread(target=ask, args=(front, "POST", "/ns/a/__understudy/faults", "500")) for _ in range(16)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    listed = ask(front, "GET", "/ns/a/__understudy/faults")[1]["data"]
    assert len({one["place"] for one in listed}) == 16


@pytest.mark.parametrize("path", [CHAT, f"/ns/a{CHAT}", f"/ns/-{CHAT}"])
def test_a_request_that_did_not_come_in_whole_is_refused_everywhere(
    make_engine: Callable[..., Any], path: str
) -> None:
    front = front_of(make_engine, None)

    reply = front.refuse(Request("POST", path, []), too_slow(), 0.0)

    assert front.close(reply, "timed out", 0.0).outcome == "timed out"
    assert reply.entry.status == 408


def test_settings_are_those_of_the_default_engine(make_engine: Callable[..., Any]) -> None:
    assert front_of(make_engine, None).settings == Settings()


def test_an_engine_is_idle_when_every_reply_has_ended(make_engine: Callable[..., Any]) -> None:
    engine = make_engine()
    reply = engine.handle(Request("GET", "/v1/models", []), 0.0)

    assert not is_idle(engine)
    engine.close(reply, "cut", 0.0)
    assert is_idle(engine)
