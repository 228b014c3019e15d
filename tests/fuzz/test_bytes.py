"""Whatever bytes and framing come, in whichever pieces: the server answers the next, and nothing is left behind."""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st


class Visit(NamedTuple):
    """What a client sends, each piece on its own, and how it goes (``Door.visit``)."""

    pieces: tuple[bytes, ...]
    leaving: str


TOKENS = st.text("abcXYZ-_0189", min_size=1, max_size=12)
VALUES = st.text(st.characters(max_codepoint=255), max_size=30)
HEADERS = st.sampled_from(
    [("origin", "http://a.example"), ("api-key", "sk-2"), ("authorization", "Basic x"), ("content-type", "text/plain"),
     ("x-understudy-fault", "no_done"), ("x-stainless-retry-count", "-1"), ("cookie", "a=b"), ("te", "trailers")]
) | st.tuples(st.just("x-understudy-fault"), VALUES)  # fmt: skip
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "DELETE", "PRI", "get"]) | TOKENS
PATHS = st.sampled_from(
    ["/v1/chat/completions", "/v1/chat/completions", "/v1/models", "/v1/models/a%2Fb", "/healthz", "*", "//", "/%ff",
     "/__understudy/ledger", "/v1/chat/completions/x", "http://other/v1/models", "/openai/deployments/a/chat/completions"]
) | st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=60).map("/".__add__)  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "model",
        "messages",
        "stream",
        "n",
        "tools",
        "max_tokens",
        "stop",
        "logprobs",
        "response_format",
        "x",
        "seed",
    ]
)
MEMBERS = st.dictionaries(FIELDS, DOCUMENTS, max_size=3)


def requested(bodies: Any) -> st.SearchStrategy[bytes]:
    """Bodies that are good, nearly good, or nothing of the kind."""
    one = st.sampled_from(bodies)
    return st.one_of(
        one.map(json.dumps),
        st.builds(lambda body, more: json.dumps(body | more), one, MEMBERS),
        st.sampled_from(["[" * 5_000, "{", "nul", '{"model": "\\ud800"}', "\ufeff{}", "x" * 70_000]),
    ).map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def framed(draw: st.DrawFn, bodies: Any) -> bytes:
    """An HTTP request whose parts may contradict one another."""
    body = draw(requested(bodies) | st.binary(max_size=300))
    size = len(body)
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (size, body)
    lengths = st.sampled_from([[("content-length", str(size))]] * 4 + [
        [], [("content-length", str(size + 7))], [("content-length", str(max(0, size - 7)))], [("content-length", "-1")],
        [("content-length", "9" * 30)], [("content-length", f"{size}"), ("content-length", "3")],
        [("transfer-encoding", "chunked")], [("transfer-encoding", "chunked"), ("content-length", str(size))],
        [("transfer-encoding", "gzip, chunked")], [("expect", "100-continue"), ("content-length", str(size))],
    ])  # fmt: skip
    headers = [("host", "localhost"), ("authorization", "Bearer sk-1"), *draw(lengths)]
    headers += draw(st.lists(st.tuples(TOKENS, VALUES) | HEADERS, max_size=3))
    headers += draw(
        st.sampled_from([[], [], [("connection", "close")], [("connection", "upgrade"), ("upgrade", "h2c")]])
    )
    version = draw(st.sampled_from(["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]))
    head = (
        f"{draw(METHODS)} {draw(PATHS)} {version}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers) + "\r\n"
    )
    whole = ("transfer-encoding", "chunked") in headers
    return head.encode("latin-1", "replace") + (draw(st.sampled_from([chunked, body])) if whole else body)


@pytest.fixture(scope="module")
def visits(fuzz: Any) -> st.SearchStrategy[Visit]:
    raw = st.binary(max_size=600).flatmap(fuzz.cut)
    good = st.lists(framed(fuzz.bodies), min_size=1, max_size=2).map(b"".join)
    whole = good.map(lambda data: (data,))
    pieces = st.one_of(
        raw, whole, whole, good.flatmap(fuzz.cut), good.flatmap(fuzz.mangled).flatmap(fuzz.cut)
    )
    return st.builds(Visit, pieces, st.sampled_from(["end", "half", "half", "close", "reset"]))


def test_whatever_comes_the_server_answers_the_next(fuzz: Any, visits: Any) -> None:
    with fuzz.opened() as door:
        seen = 0

        def judge(case: Visit) -> None:
            nonlocal seen
            door.visit(*case)
            seen += 1
            if seen % 50 == 0:
                door.is_well()

        fuzz.run(visits, judge, 400)


def test_nothing_is_left_of_those_who_came(fuzz: Any, visits: Any) -> None:
    with fuzz.opened() as door:
        door.answers()
        idle, files = door.tasks(), fuzz.files()

        fuzz.run(visits, lambda case: door.visit(*case), 150)

        fuzz.until(lambda: door.tasks() <= idle, "tasks are left")
        fuzz.until(lambda: fuzz.files() <= files, "sockets are left")
        fuzz.until(lambda: not fuzz.connections(), "timers hold connections that are gone")


def test_memory_is_bounded(fuzz: Any, visits: Any) -> None:
    """The same visits once more leave next to nothing: what is remembered has a bound."""
    with fuzz.opened() as door:
        cases: list[Visit] = []
        fuzz.run(visits, cases.append, 100)
        tracemalloc.start()
        try:
            held = []
            for _ in range(3):
                for case in cases[:150]:
                    door.visit(*case)
                fuzz.until(lambda: door.tasks() <= 3, "tasks are left")
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()

    assert held[2] - held[1] < 128 * 1024, held  # measured: 13 KiB
