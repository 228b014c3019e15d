"""Whatever bytes, framing, faults and cuts come: nothing breaks, nothing is left behind.

The same cases every time, in seconds. Other cases, for longer:
``UNDERSTUDY_FUZZ_SECONDS=600 pytest tests/test_fuzz_server.py``; a case that fails is printed, and the seed
with it (``UNDERSTUDY_FUZZ_SEED`` begins there).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import struct
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from understudy.contracts import StreamChecker, Violation, check_stream
from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.faults.catalogue import FAULTS
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.rules import parse_fault
from understudy.mockserver.journal import Entry, Outcome
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request, Send

SECONDS = float(os.environ.get("UNDERSTUDY_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("UNDERSTUDY_FUZZ_SEED", "0"))
BOUND = 30.0  # seconds after which anything here counts as never
FDS = Path("/proc/self/fd")
RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
MOST_READ = 256 * 1024
MEBIBYTE = 1024 * 1024

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me of Zürich."}]}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
BODIES: tuple[dict[str, Any], ...] = (
    CHAT,
    CHAT | {"stream": True},
    CHAT | {"stream": True, "stream_options": {"include_usage": True}, "n": 3},
    CHAT | {"tools": TOOLS, "tool_choice": "required", "stream": True},
    CHAT | {"response_format": {"type": "json_object"}, "max_tokens": 7},
)


def fuzzed(strategy: st.SearchStrategy[Any], judge: Callable[[Any], None], examples: int) -> None:
    """Judge *examples* cases, always the same; where SECONDS are given, others for a seventh of that."""
    known: dict[str, Any] = {
        "max_examples": examples, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck),
        "phases": [Phase.explicit, Phase.generate, *([Phase.shrink] if SECONDS else [])],
    }  # fmt: skip

    def run(number: int) -> None:
        @seed(number)
        @settings(**known)
        @given(strategy)
        def cases(case: Any) -> None:
            judge(case)

        cases()

    end, number = time.monotonic() + SECONDS / 7, SEED
    run(number)
    while time.monotonic() < end:
        number += 1
        try:
            run(number)
        except BaseException:
            print(f"UNDERSTUDY_FUZZ_SEED={number}")  # noqa: T201
            raise


@dataclass
class Door:
    """A served engine: where, on which loop, and what it has logged."""

    address: tuple[str, int]
    loops: set[asyncio.AbstractEventLoop] = field(default_factory=set)
    traces: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def log(self, entry: Entry) -> None:
        self.loops.add(asyncio.get_running_loop())
        self.traces += [entry.trace] if entry.trace else []
        self.outcomes[entry.outcome] += 1

    def answers(self) -> None:
        """Fail unless a good request is answered, as a document and as a stream."""
        for body, ending in ((BODIES[0], b"}\n"), (BODIES[1], b"data: [DONE]\n\n")):
            connection = HTTPConnection(*self.address, timeout=BOUND)
            try:
                connection.request(
                    "POST", "/v1/chat/completions", json.dumps(body), {"authorization": "Bearer sk-1"}
                )
                with connection.getresponse() as reply:
                    assert reply.status == 200
                    assert reply.read().rstrip().endswith(ending.rstrip())
            finally:
                connection.close()

    def tasks(self) -> int:
        (loop,) = self.loops
        with suppress(RuntimeError):  # they changed while they were counted
            return len(asyncio.all_tasks(loop))
        return sys.maxsize


@contextmanager
def door() -> Iterator[Door]:
    known = Settings(journal_entries=20, stored_entries=20, body_limit=64 * 1024, fault_header=True)
    opened = Door(("", 0))
    app = App(build(known), log=opened.log, speed=1e9, stall_limit=0.01, patience=BOUND)
    with serving(app) as url:
        host, _, port = url.removeprefix("http://").removesuffix("/v1").partition(":")
        opened.address = host, int(port)
        opened.answers()
        yield opened
        opened.answers()
    assert opened.traces == []


@pytest.fixture(scope="module")
def served() -> Iterator[Door]:
    with door() as opened:
        yield opened


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.005)


Leaving: TypeAlias = Literal["wait", "end", "close", "reset", "half"]


class Visit(NamedTuple):
    """*pieces* that a client sends, each on its own, and how it goes: it reads to the end, after saying that this was
    all or not, or reads some and closes, or leaves at once in good order or by a reset."""

    pieces: tuple[bytes, ...]
    leaving: Leaving


def visit(opened: Door, case: Visit) -> None:
    with socket.create_connection(opened.address, timeout=BOUND) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in case.pieces:
                client.sendall(piece)
            if case.leaving == "end":
                client.shutdown(socket.SHUT_WR)
            if case.leaving in ("end", "wait"):
                while client.recv(65_536):
                    pass
            elif case.leaving == "half":
                _read_some(client)
        except TimeoutError:
            raise  # the server hangs
        except OSError:  # servers may end what is wrong while it still comes
            pass
        if case.leaving == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def _read_some(client: socket.socket) -> None:
    client.settimeout(0.01)
    read = 0
    with suppress(TimeoutError):
        while read < MOST_READ and (got := len(client.recv(4_096))):
            read += got


LEAVINGS = st.sampled_from(["end", "half", "half", "close", "reset"])


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> tuple[bytes, ...]:
    """*data* in up to five pieces, and not always all of it."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    end = len(data) if draw(st.sampled_from([True, True, True, False])) else draw(st.integers(0, len(data)))
    return tuple(data[a:b] for a, b in zip([0, *places], [*places, end], strict=True) if a < b)


@st.composite
def mangled(draw: st.DrawFn, data: bytes) -> bytes:
    """*data* with up to three places where bytes are lost, doubled, exchanged or thrown in."""
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        other = draw(
            st.sampled_from([b"", data[start:end] * 2, data[start:end][::-1], b"\r\n", b"\n\n", b"data: "])
            | st.binary(max_size=20)
        )
        data = data[:start] + other + data[end:]
    return data


TOKENS = st.text("abcXYZ-_0189", min_size=1, max_size=12)
VALUES = st.text(st.characters(max_codepoint=255), max_size=30)
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "DELETE", "PRI", "get"]) | TOKENS
SLOW = ["stall_midstream", "stall_before_head", "slow_body", "huge_body"]
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
REQUESTED = st.one_of(
    st.sampled_from(BODIES).map(json.dumps),
    st.builds(lambda body, more: json.dumps(body | more), st.sampled_from(BODIES), MEMBERS),
    st.sampled_from(["[" * 5_000, "{", "nul", '{"model": "\\ud800"}', "\ufeff{}", "x" * 70_000]),
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def framed(draw: st.DrawFn) -> bytes:
    """An HTTP request whose parts may contradict one another."""
    body = draw(REQUESTED | st.binary(max_size=300))
    size = len(body)
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (size, body)
    lengths = st.sampled_from([[("content-length", str(size))]] * 4 + [
        [], [("content-length", str(size + 7))], [("content-length", str(max(0, size - 7)))], [("content-length", "-1")],
        [("content-length", "9" * 30)], [("content-length", f"{size}"), ("content-length", "3")],
        [("transfer-encoding", "chunked")], [("transfer-encoding", "chunked"), ("content-length", str(size))],
        [("transfer-encoding", "gzip, chunked")], [("expect", "100-continue"), ("content-length", str(size))],
    ])  # fmt: skip
    headers = [("host", "localhost"), ("authorization", "Bearer sk-1"), *draw(lengths)]
    headers += draw(st.lists(st.tuples(TOKENS, VALUES), max_size=3))
    headers += draw(
        st.sampled_from([[], [], [("connection", "close")], [("connection", "upgrade"), ("upgrade", "h2c")]])
    )
    fault = draw(
        st.none() | st.sampled_from(list(FAULTS)) | st.sampled_from(list(NAMED)) | st.sampled_from(SLOW)
    )
    if fault is not None:
        headers.append(("x-understudy-fault", f"{fault}:bytes=200000" if fault == "huge_body" else fault))
    version = draw(st.sampled_from(["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]))
    head = (
        f"{draw(METHODS)} {draw(PATHS)} {version}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers) + "\r\n"
    )
    whole = ("transfer-encoding", "chunked") in headers
    return head.encode("latin-1", "replace") + (draw(st.sampled_from([chunked, body])) if whole else body)


RAW = st.binary(max_size=600).flatmap(cut)
FRAMED = st.lists(framed(), min_size=1, max_size=2).map(b"".join)
WHOLE = FRAMED.map(lambda data: (data,))


def troubled(body: dict[str, Any], fault: str) -> bytes:
    """A good request, and the fault it asks for."""
    data = json.dumps(body).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sk-1\r\n"
    return f"{head}content-length: {len(data)}\r\nx-understudy-fault: {fault}\r\n\r\n".encode() + data


TROUBLED = st.builds(
    troubled,
    st.sampled_from(BODIES),
    st.sampled_from([name for name in FAULTS if name != "huge_body"]) | st.sampled_from([*SLOW[:3], *NAMED]),
).map(lambda data: (data,))
ENDINGS: tuple[tuple[str, Leaving], ...] = (
    ("stall_midstream", "wait"),
    ("stall_midstream", "end"),
    ("cut_midstream", "end"),
)
VISITS = st.builds(
    Visit,
    st.one_of(RAW, WHOLE, TROUBLED, TROUBLED, FRAMED.flatmap(cut), FRAMED.flatmap(mangled).flatmap(cut)),
    LEAVINGS,
)


def test_whatever_comes_the_server_answers_the_next(served: Door) -> None:
    seen = 0

    def judge(case: Visit) -> None:
        nonlocal seen
        visit(served, case)
        seen += 1
        if seen % 50 == 0:
            served.answers()

    fuzzed(VISITS, judge, 400)

    served.answers()
    assert served.traces == []
    assert served.outcomes["failed"] == 0


def test_whatever_goes_wrong_on_purpose_the_server_answers_the_next() -> None:
    with door() as opened:
        for fault, leaving in ENDINGS:
            visit(opened, Visit((troubled(BODIES[1], fault),), leaving))

        fuzzed(st.builds(Visit, TROUBLED, LEAVINGS), lambda case: visit(opened, case), 200)

        until(
            lambda: set(get_args(Outcome)) - {"open", "failed"} <= opened.outcomes.keys(),
            "an outcome is missing",
        )
        assert opened.outcomes["failed"] == 0


def words(*several: str) -> st.SearchStrategy[str]:
    return st.sampled_from(several)


NUMBERS = words(
    "0", "1", "2", "-1", "0.5", "1e9", "1e999", "nan", "null", "true", '"x"', "", "99999999999999999999"
)
PARAMETERS = sorted(
    {name for fault in FAULTS.values() for name in fault.parameters} | {"retry_after", "header.x", "code"}
)
PIECES = st.builds(
    lambda name, pairs: name + (":" + ",".join(f"{k}={v}" for k, v in pairs) if pairs else ""),
    st.sampled_from([*FAULTS, *NAMED, "429", "599", "ok", "600"]),
    st.lists(st.tuples(st.sampled_from(PARAMETERS), NUMBERS | st.text(max_size=5)), max_size=2),
)
WHENS = st.lists(
    st.tuples(words("times", "nth", "every", "p", "window", "per", "model", "stream", "key"), NUMBERS | words("0..1", "request")),
    max_size=2,
).map(lambda pairs: "@" + ",".join(f"{key}={value}" for key, value in pairs) if pairs else "")  # fmt: skip
SPECS = st.one_of(
    st.text(max_size=60),
    st.text(',:=@"\\', max_size=4_000),
    st.builds(lambda pieces, when: ",".join(pieces) + when, st.lists(PIECES, min_size=1, max_size=3), WHENS),
)


def test_a_spec_of_a_fault_is_read_or_refused_with_a_reason() -> None:
    def judge(spec: str) -> None:
        try:
            rule = parse_fault(spec)
        except ValueError:
            return
        assert str(parse_fault(str(rule))) == str(rule)

    fuzzed(SPECS, judge, 400)


@pytest.fixture(scope="module")
def replies() -> list[Any]:
    """Real replies: their steps, as an engine gives them."""
    engine = build(Settings())
    known = [(b"authorization", b"Bearer sk-any")]
    requests = [Request("POST", "/v1/chat/completions", known, json.dumps(body).encode()) for body in BODIES]
    return [list(engine.handle(request, 1_700_000_000.0).steps) for request in requests]


def test_every_fault_can_be_done_to_every_reply(replies: list[Any]) -> None:
    def judge(case: tuple[str, int]) -> None:
        spec, place = case
        with suppress(ValueError):
            rule = parse_fault(spec)
            for trouble in rule.troubles:
                if not trouble.is_error and trouble.name not in ("ok", "huge_body"):
                    sent = sum(
                        len(one.data) for one in trouble.rewrite()(replies[place]) if isinstance(one, Send)
                    )
                    assert sent < 8 * MEBIBYTE

    pairs = st.tuples(
        st.builds(lambda piece, when: piece + when, PIECES, WHENS), st.integers(0, len(BODIES) - 1)
    )
    fuzzed(pairs, judge, 300)


def test_nothing_is_left_of_those_who_came(served: Door) -> None:
    served.answers()
    idle, files = served.tasks(), _files()

    fuzzed(VISITS, lambda case: visit(served, case), 150)

    until(lambda: served.tasks() <= idle, "tasks are left")
    until(lambda: _files() <= files, "sockets are left")


def test_memory_is_bounded() -> None:
    """The same visits a second time leave next to nothing: what is remembered has a bound."""
    with door() as opened:
        visits: list[Visit] = []
        fuzzed(VISITS, visits.append, 100)
        tracemalloc.start()
        try:
            held = []
            for _ in range(3):
                for case in visits[:150]:
                    visit(opened, case)
                until(lambda: opened.tasks() <= 3, "tasks are left")
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()

    assert held[2] - held[1] < MEBIBYTE, held


def test_any_stream_is_judged_alike_however_it_is_cut(replies: list[Any]) -> None:
    streams = [body for body in map(_body, replies) if body.startswith(b"data:")]
    bodies = st.sampled_from(streams).flatmap(mangled) | st.binary(max_size=400)

    def judge(case: tuple[bytes, list[int]]) -> None:
        body, places = case
        checker, found = StreamChecker(), list[Violation]()
        ends = sorted(place % (len(body) + 1) for place in places)
        for start, end in zip([0, *ends], [*ends, len(body)], strict=True):
            found += checker.feed(body[start:end])
        found += checker.close()

        assert found == list(check_stream(body))

    fuzzed(st.tuples(bodies, st.lists(st.integers(0, 10**6), max_size=6)), judge, 300)


@pytest.mark.parametrize(
    ("piece", "times", "most"),
    [
        (b"x" * 65_536, 300, 80),  # one event may take 16 MiB (LARGEST_EVENT), in bytes and as text
        (b"data: " + b"x" * 65_536 + b"\n", 300, 80),
        (b"event: " + b"x" * 65_536 + b"\n", 300, 80),
        (bytes(range(256)) * 256, 300, 80),
        (b"\n" * 4_096, 8, 4),
        (b"data: {}\n\n" * 400, 8, 4),
        (b": c\n\n" * 800, 8, 4),
    ],
    ids=["a line", "an event", "fields", "all bytes", "blank lines", "events", "comments"],
)
def test_a_stream_without_end_is_judged_within_bounds(piece: bytes, times: int, most: int) -> None:
    checker, found = StreamChecker(), 0
    tracemalloc.start()
    try:
        for _ in range(times):
            found += len(checker.feed(piece))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < most * MEBIBYTE
    assert found < 1_000


def _body(steps: list[Any]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Send))


def _files() -> int:
    return len(list(FDS.iterdir())) if FDS.is_dir() else 0
