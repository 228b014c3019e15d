"""The way of a request through the core: every reply, its headers and its entry in the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts import check_completion, check_stream
from understudy.mockserver.build import build
from understudy.mockserver.chat import Answer, ChatRequest, Choice
from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import ApiError, Refusal, too_large
from understudy.mockserver.journal import Entry
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send

NOW = 1_700_000_000.0
KEY = (b"authorization", b"Bearer sk-right-key-0001")
CHAT = "/v1/chat/completions"
GOOD = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def echo(chat: ChatRequest) -> Answer:
    """Answer with the last message: the smallest source there is."""
    return Answer(
        (Choice({"role": "assistant", "content": str(chat.messages[-1]["content"]), "refusal": None}),)
    )


def engine(generate: Callable[[ChatRequest], Answer] = echo, **known: Any) -> Engine:
    return Engine(Settings(**known), lambda settings: generate)


class Result:
    """A reply as a client has it, and the journal's entry."""

    def __init__(self, made: Engine, request: Request) -> None:
        reply = made.handle(request, NOW)
        head, *rest = reply.steps
        assert isinstance(head, Head)
        assert all(isinstance(step, Send) for step in rest)
        self.entry: Entry = reply.entry
        self.status = head.status
        self.pairs = [(name.decode(), value.decode("latin-1")) for name, value in head.headers]
        self.headers = dict(self.pairs)
        self.body = b"".join(step.data for step in rest if isinstance(step, Send))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error


def ask(
    made: Engine,
    method: str = "POST",
    path: str = CHAT,
    body: bytes | dict[str, Any] = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (KEY,),
) -> Result:
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    return Result(made, Request(method, path, list(headers), data))


def chat(made: Engine, document: dict[str, Any] = GOOD, **members: Any) -> Result:
    return ask(made, body={**document, **members})


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(
    ("method", "path", "status", "source"),
    [
        ("POST", "/chat/completions", 200, "generated"),
        ("GET", "/models", 200, "server"),
        ("HEAD", "/models", 200, "server"),
        ("GET", "/models/gpt-4o", 200, "server"),
        ("GET", "/models/ft:gpt-4o:acme/team::x", 200, "server"),
        ("GET", "/healthz", 200, "server"),
        ("OPTIONS", "/chat/completions", 200, "server"),
        ("OPTIONS", "/models/gpt-4o", 200, "server"),
        ("PUT", "/chat/completions", 405, "refused"),
        ("DELETE", "/models/gpt-4o", 405, "refused"),
        ("POST", "/healthz", 405, "refused"),
        ("POST", "/embeddings", 404, "refused"),
        ("OPTIONS", "/embeddings", 404, "refused"),
    ],
)
def test_each_route_is_served(prefix: str, method: str, path: str, status: int, source: str) -> None:
    result = ask(engine(), method, prefix + path, GOOD)

    assert (result.status, result.entry.source) == (status, source)
    assert result.entry.status == status


def test_a_wrong_method_is_told_the_right_ones() -> None:
    result = ask(engine(), "PUT", CHAT)

    assert result.headers["allow"] == "POST, GET, OPTIONS"
    assert result.error["code"] == "method_not_supported"


def test_a_completion_keeps_its_contract() -> None:
    result = chat(engine())

    assert check_completion(result.json) == ()
    assert result.json["choices"][0]["message"]["content"] == "hi"
    assert result.headers["content-length"] == str(len(result.body))
    assert (result.entry.model, result.entry.usage) == ("gpt-4o-mini", result.json["usage"])


def test_a_stream_keeps_its_contract() -> None:
    result = chat(engine(), stream=True)

    assert check_stream(result.body) == ()
    assert result.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-length" not in result.headers


def test_the_models_are_listed_and_shown() -> None:
    made = engine(models=("gpt-4o", "ft:gpt-4o:a/b::c"))

    listed = ask(made, "GET", "/v1/models")
    one = ask(made, "GET", "/v1/models/ft:gpt-4o:a/b::c")
    none = ask(made, "GET", "/v1/models/gpt-4")

    assert [model["id"] for model in listed.json["data"]] == ["gpt-4o", "ft:gpt-4o:a/b::c"]
    assert one.json["id"] == "ft:gpt-4o:a/b::c"
    assert (none.status, none.error["param"], none.error["code"]) == (404, "model", "model_not_found")


BEARER = b"authorization"


@pytest.mark.parametrize(
    ("keys", "headers", "status"),
    [
        ((), (), 401),
        ((), ((BEARER, b""),), 401),
        ((), ((BEARER, b"Bearer"),), 401),
        ((), ((BEARER, b"Bearer  "),), 401),
        ((), ((BEARER, b"Basic c2s="),), 401),
        ((), ((b"api-key", b""),), 401),
        ((), ((BEARER, b"Bearer x"),), 200),
        ((), ((BEARER, b"bearer x"),), 200),
        ((), ((b"api-key", b"x"),), 200),  # Azure
        ((), ((BEARER, b"Basic c2s="), (b"api-key", b"x")), 200),
        (("sk-1", "sk-2"), ((BEARER, b"Bearer sk-1"),), 200),
        (("sk-1", "sk-2"), ((BEARER, b"Bearer sk-2"),), 200),
        (("sk-1", "sk-2"), ((b"api-key", b"sk-2"),), 200),
        (("sk-1", "sk-2"), ((BEARER, b"Bearer sk-3"),), 401),
        (("sk-1", "sk-2"), ((BEARER, b"Bearer sk-11"),), 401),
        (("sk-1", "sk-2"), ((BEARER, b"Bearer sk-\xff"),), 401),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", CHAT), ("GET", "/v1/models"), ("GET", "/v1/models/gpt-4o")]
)
def test_keys_are_asked_for(
    method: str, path: str, keys: tuple[str, ...], headers: tuple[tuple[bytes, bytes], ...], status: int
) -> None:
    assert ask(engine(api_keys=keys), method, path, GOOD, headers).status == status


@pytest.mark.parametrize(("method", "path"), [("GET", "/healthz"), ("OPTIONS", CHAT)])
def test_health_and_preflight_need_no_key(method: str, path: str) -> None:
    assert ask(engine(api_keys=("sk-1",)), method, path, headers=()).status == 200


def test_a_wrong_key_is_shown_masked() -> None:
    result = ask(engine(api_keys=("sk-1",)), body=GOOD, headers=((BEARER, b"Bearer sk-not-a-real-key"),))

    assert result.error["code"] == "invalid_api_key"
    assert "provided: sk-not-a*****-key. You can find" in result.error["message"]


def test_a_key_outside_ascii_can_be_the_right_one() -> None:
    made = engine(api_keys=("sk-\u00e9",))

    assert ask(made, body=GOOD, headers=((BEARER, "Bearer sk-\u00e9".encode("latin-1")),)).status == 200


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ((), b"no json", 401, None),
        ((KEY,), b"no json", 400, None),
        ((KEY,), {"model": "no-such", "temperature": 99, "messages": []}, 404, "model_not_found"),
        ((KEY,), {**GOOD, "temperature": 99}, 400, "decimal_above_max_value"),
    ],
)
def test_the_gateway_speaks_before_the_model(
    headers: tuple[tuple[bytes, bytes], ...], body: Any, status: int, code: str | None
) -> None:
    result = ask(engine(models=("gpt-4o-mini",)), body=body, headers=headers)

    assert (result.status, result.error["code"]) == (status, code)


def test_a_breach_is_the_api_s_400_and_a_complaint() -> None:
    made = engine()

    result = chat(made, temperature=99)

    assert result.body == json.dumps(result.json, indent=2, ensure_ascii=False).encode()  # no final newline
    assert (result.error["type"], result.error["param"], result.error["code"]) == (
        "invalid_request_error", "temperature", "decimal_above_max_value",
    )  # fmt: skip
    assert result.error["message"].startswith("Invalid 'temperature'")
    assert result.headers["content-type"] == "application/json"
    assert "x-ratelimit-limit-requests" in result.headers
    assert "openai-version" in result.headers
    assert [line for line in made.journal.complaints() if "temperature" in line]


def test_the_gateway_s_errors_look_otherwise() -> None:
    result = ask(engine(), body=GOOD, headers=())

    assert result.body == (json.dumps(result.json, indent=4) + "\n").encode()
    assert result.headers["content-type"] == "application/json; charset=utf-8"
    assert result.headers["vary"] == "Origin"
    assert not [name for name in result.headers if name.startswith(("x-ratelimit", "openai-"))]


@pytest.mark.parametrize(("models", "status"), [((), 200), (("gpt-4o",), 404)])
def test_a_model_is_unknown_only_where_they_are_restricted(models: tuple[str, ...], status: int) -> None:
    assert chat(engine(models=models), model="no-such").status == status


def test_a_source_that_raises_is_a_500_that_tells_nothing_inside() -> None:
    def broken(chat: ChatRequest) -> Answer:
        raise KeyError("a secret of the source")

    made = engine(broken)
    result = chat(made)

    assert (result.status, result.error["type"]) == (500, "understudy_error")
    assert b"secret" not in result.body
    assert b"Traceback" not in result.body
    assert result.headers["x-should-retry"] == "false"
    assert "in broken" in result.entry.trace
    assert "a secret of the source" in result.entry.trace
    assert made.journal.complaints() == ("request 0: KeyError: 'a secret of the source'",)
    assert chat(made).status == 500  # and again: what failed is not kept


def test_a_source_may_refuse() -> None:
    def busy(chat: ChatRequest) -> Answer:
        raise Refusal(
            ApiError(429, "slow down", code="slow_down", voice="gateway", headers=(("retry-after", "1"),))
        )

    result = chat(engine(busy))

    assert (result.status, result.error["code"], result.headers["retry-after"]) == (429, "slow_down", "1")
    assert result.entry.source == "refused"


def test_a_schema_without_a_value_is_a_501_that_says_so() -> None:
    impossible = {
        "type": "object",
        "properties": {"a": {"type": "integer", "minimum": 5, "maximum": 3}},
        "required": ["a"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": impossible}}

    result = chat(build(Settings()), response_format=wanted)

    assert result.status == 501, result.entry.trace
    assert "no value was found for its schema" in result.error["message"]
    assert result.entry.complaint


def test_what_nobody_answers_is_a_501_and_a_complaint() -> None:
    made = engine(on_unmatched="fail")

    result = chat(made)

    assert (result.status, result.headers["x-should-retry"]) == (501, "false")
    assert made.journal.complaints() == (
        "request 0: no answer for this request: nothing was scripted or recorded, and on_unmatched is 'fail'",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("POST", CHAT, GOOD, (KEY,)),
        ("POST", CHAT, {**GOOD, "stream": True}, (KEY,)),
        ("POST", CHAT, {**GOOD, "n": 0}, (KEY,)),
        ("POST", CHAT, b"", (KEY,)),
        ("POST", CHAT, GOOD, ()),
        ("GET", CHAT, b"", (KEY,)),
        ("GET", "/nowhere", b"", (KEY,)),
        ("GET", "/v1/models", b"", (KEY,)),
        ("HEAD", "/healthz", b"", ()),
        ("OPTIONS", CHAT, b"", ()),
    ],
)
@pytest.mark.parametrize("origin", [(), ((b"origin", b"https://page.example"),)], ids=["", "browser"])
def test_every_response_has_one_of_each_header_it_needs(
    method: str,
    path: str,
    body: Any,
    headers: tuple[tuple[bytes, bytes], ...],
    origin: tuple[tuple[bytes, bytes], ...],
) -> None:
    result = ask(engine(), method, path, body, (*headers, *origin))

    assert result.headers["x-request-id"].startswith("req_")
    assert len({name for name, _ in result.pairs}) == len(result.pairs)
    if origin:
        assert result.headers["access-control-allow-origin"] == "*"


def test_a_preflight_is_answered_as_the_api_does() -> None:
    result = ask(engine(), "OPTIONS", CHAT, headers=())

    assert (result.status, result.body) == (200, b"")
    assert result.headers["access-control-allow-methods"] == "GET, OPTIONS, POST"
    assert result.headers["access-control-max-age"] == "86400"


def test_a_request_the_shell_could_not_read_is_refused_and_kept() -> None:
    made = engine()

    reply = made.refuse(Request("POST", CHAT, [KEY]), too_large(10), NOW)

    assert (reply.entry.status, reply.entry.source) == (413, "refused")
    assert made.close(reply, "sent", 0.0).outcome == "sent"
    assert list(made.journal) == [reply.entry]


@pytest.mark.parametrize("name", [b"authorization", b"api-key", b"cookie", b"proxy-authorization"])
@pytest.mark.parametrize("keys", [(), ("sk-other-key",)])
def test_a_secret_is_nowhere_in_the_journal(name: bytes, keys: tuple[str, ...]) -> None:
    planted = b"sk-planted-very-secret-1234"
    value = b"Bearer " + planted if name == b"authorization" else planted

    result = ask(engine(api_keys=keys), body=GOOD, headers=((name, value), (b"accept", b"*/*")))

    assert planted.decode() not in repr(result.entry)
    assert (b"accept", b"*/*") in result.entry.request.headers


def test_two_equal_posts_are_two_completions() -> None:
    made = engine()

    one, two = chat(made), chat(made)

    assert one.json["id"] != two.json["id"]
    assert one.headers["x-request-id"] != two.headers["x-request-id"]
    assert one.json["choices"] == two.json["choices"]


def _asked(number: int) -> dict[str, Any]:
    return {**GOOD, "messages": [{"role": "user", "content": f"hi {number}"}], "stream": number % 2 == 0}


def test_the_order_of_requests_changes_no_body() -> None:
    forth, back = build(Settings(seed=3)), build(Settings(seed=3))

    one = {number: chat(forth, _asked(number)).body for number in range(20)}
    other = {number: chat(back, _asked(number)).body for number in reversed(range(20))}

    assert one == other
    assert chat(build(Settings(seed=4)), _asked(1)).body != one[1]


def test_threads_change_no_body() -> None:
    alone, together = build(Settings()), build(Settings())
    expected = sorted(chat(alone, _asked(number)).body for number in range(20) for _ in range(4))
    found: list[bytes] = []

    def work() -> None:
        found.extend([chat(together, _asked(number)).body for number in range(20)])

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == expected


def test_key_order_and_blanks_make_no_other_request() -> None:
    made, other = engine(), engine()
    turned = json.dumps(dict(reversed(GOOD.items())), indent=3).encode()

    assert ask(made, body=GOOD).body == ask(other, body=turned).body


SHARED = build(Settings(body_limit=1_000))


@given(
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "DELETE", "", "p\ud800st"]),
    st.sampled_from([CHAT, "/v1/models", "/v1/models/", "/healthz", ""])
    | st.text().map("/v1/models/{}".format)
    | st.text(),
    st.lists(
        st.tuples(st.sampled_from([b"authorization", b"api-key", b"origin", b"x"]), st.binary(max_size=20))
    ),
    st.binary(max_size=200),
)
def test_any_bytes_have_an_answer(
    method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    result = Result(SHARED, Request(method, path, headers, body))

    assert result.status in {200, 400, 401, 404, 405}, result.entry.trace


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "model", "messages", "stream", "stream_options", "n", "tools", "tool_choice", "response_format", "stop",
    "temperature", "logprobs", "top_logprobs", "max_tokens", "functions", "function_call", "audio", "modalities",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES), st.booleans())
def test_any_json_has_an_answer(members: dict[str, Any], sound: bool) -> None:
    result = chat(SHARED, GOOD if sound else {}, **members)

    assert result.status in {200, 400, 501}, result.entry.trace


LENIENT = build(Settings(profile="compatible"))


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_json_has_an_answer_under_the_lenient_contract_too(members: dict[str, Any]) -> None:
    result = chat(LENIENT, **members)

    assert result.status in {200, 400, 501}, result.entry.trace


def test_what_decides_about_faults_may_break_and_a_reply_comes_all_the_same() -> None:
    class Breaking:
        def counters(self, asked: Any) -> tuple[bytes, ...]:
            return ()

        def decide(self, *_: Any) -> None:
            raise RuntimeError("tape torn")

    made = Engine(Settings(), lambda settings: echo, deciding=lambda rules: Breaking())

    found = Result(made, Request("POST", CHAT, [KEY], json.dumps(GOOD).encode()))

    assert (found.status, found.entry.complaint) == (500, "RuntimeError: tape torn")
    assert "tape torn" in found.entry.trace
    assert "tape torn" not in found.body.decode()
    assert len(made.journal) == 1
