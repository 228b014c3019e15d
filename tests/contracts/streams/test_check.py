"""Each rule of streams, broken alone in a stream that is otherwise right, is the one that is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from understudy.contracts import StreamChecker, check_stream
from understudy.contracts.streams.rules import STREAM_RULES
from understudy.contracts.violations import Violation

Chunk = dict[str, Any]
Chunks = list[Chunk]

USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 3,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
DONE = b"data: [DONE]\n\n"


def chunk(choices: list[dict[str, Any]], **more: Any) -> Chunk:
    return {
        "id": "chatcmpl-CVf4msBhgrvUf9Va4VuyLMKAjhbCG",
        "object": "chat.completion.chunk",
        "created": 1761669844,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_f33640a400",
        "choices": choices,
        "usage": None,
        **more,
    }


def part(delta: dict[str, Any], finish: str | None = None, index: int = 0) -> Chunk:
    return chunk([{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}])


def text() -> Chunks:
    return [
        part({"role": "assistant", "content": "", "refusal": None}),
        part({"content": "Grüß"}),
        part({"content": " Gott"}),
        part({}, "stop"),
        chunk([], usage=USAGE),
    ]


def head(index: int, name: str) -> dict[str, Any]:
    call_id = f"call_{name:a<24}"
    return {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}


def piece(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"arguments": arguments}}


def calls() -> Chunks:
    pieces = [head(0, "f"), piece(0, '{"a"'), piece(0, ":1}"), head(1, "g"), piece(1, "{}")]
    return [
        part({"role": "assistant", "content": None}),
        *(part({"tool_calls": [fragment]}) for fragment in pieces),
        part({}, "tool_calls"),
        chunk([], usage=USAGE),
    ]


def two_choices() -> Chunks:
    role = {"role": "assistant", "content": "", "refusal": None}
    parts = [(role, None, 0), ({"content": "a"}, None, 0), (role, None, 1), ({"content": "b"}, None, 1)]
    ends = [({}, "stop", 0), ({}, "length", 1)]
    return [*(part(*arguments) for arguments in [*parts, *ends]), chunk([], usage=USAGE)]


def sent(chunks: Chunks, *, padded: bool = True) -> bytes:
    """The chunks as OpenAI sends them."""
    return b"".join(event(one, padded=padded) for one in chunks) + DONE


def event(one: Chunk, *, padded: bool = True) -> bytes:
    plain = compact(one)
    if padded:
        plain = compact({**one, "obfuscation": "x" * (-len(plain) % 16)})
    return b"data: " + plain.encode() + b"\n\n"


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rules(found: tuple[Violation, ...]) -> set[str]:
    return {violation.rule for violation in found}


@pytest.mark.parametrize("profile", ["openai", "compatible"])
@pytest.mark.parametrize("make", [text, calls, two_choices])
@pytest.mark.parametrize("padded", [True, False])
def test_a_right_stream_is_not_complained_of(make: Callable[[], Chunks], padded: bool, profile: str) -> None:
    assert check_stream(sent(make(), padded=padded), profile=profile) == ()


def without_usage(chunks: Chunks) -> Chunks:
    for one in chunks:
        one.pop("usage")
    return chunks


def moderated(chunks: Chunks) -> bytes:
    last = without_usage([chunk([], moderation={"input": {}})])
    return sent(chunks).removesuffix(DONE) + event(last[0], padded=False) + DONE


def refusal() -> Chunks:
    deltas = [{"role": "assistant", "content": None, "refusal": ""}, {"refusal": "No"}]
    return [*map(part, deltas), part({}, "stop"), chunk([], usage=USAGE)]


def legacy() -> Chunks:
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": "{}"}},
    ]
    return [*map(part, deltas), part({}, "function_call"), chunk([], usage=USAGE)]


def custom() -> Chunks:
    first = {"index": 0, "id": "call_" + "a" * 24, "type": "custom", "custom": {"name": "c", "input": ""}}
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [first], "refusal": None},
        {"tool_calls": [{"index": 0, "custom": {"input": "not json"}}]},
    ]
    return [*map(part, deltas), part({}, "tool_calls"), chunk([], usage=USAGE)]


@pytest.mark.parametrize(
    "data",
    [
        sent(without_usage(text()[:-1])),
        moderated(text()),
        moderated(without_usage(text()[:-1])),
        sent(refusal()),
        sent(legacy()),
        sent(custom()),
    ],
)
def test_the_documented_variants_are_right(data: bytes) -> None:
    assert check_stream(data) == ()


# ---- one thing broken in one way

Break = Callable[[Chunks], "Chunks | None"]


def edit(at: int, change: Callable[[Chunk], Any]) -> Break:
    def broken(chunks: Chunks) -> None:
        change(chunks[at])

    return broken


def delta(at: int, **members: Any) -> Break:
    return edit(at, lambda one: one["choices"][0]["delta"].update(members))


def insert(at: int, *new: Chunk) -> Break:
    return lambda chunks: [*chunks[:at], *new, *chunks[at:]]


def drop(at: int) -> Break:
    return lambda chunks: [*chunks[:at], *chunks[at + 1 :]]


def swap(first: int, second: int) -> Break:
    def broken(chunks: Chunks) -> None:
        chunks[first], chunks[second] = chunks[second], chunks[first]

    return broken


def fragment(at: int, **members: Any) -> Break:
    return edit(at, lambda one: one["choices"][0]["delta"]["tool_calls"][0].update(members))


def behead(at: int) -> Break:
    return edit(at, lambda one: one["choices"][0]["delta"]["tool_calls"][0].pop("id"))


def renumber(chunks: Chunks) -> None:
    for one in chunks:
        for choice in one["choices"]:
            choice["index"] += 1


ORDER: list[tuple[str, Callable[[], Chunks], Break]] = [
    ("stream.envelope", text, edit(2, lambda one: one.update(id="chatcmpl-CVf4msBhgrvUf9Va4VuyLMKAjhbCH"))),
    ("stream.envelope", text, edit(2, lambda one: one.update(created=1761669845))),
    ("stream.envelope", text, edit(2, lambda one: one.update(model="gpt-4o"))),
    ("stream.envelope", text, edit(2, lambda one: one.update(service_tier="flex"))),
    ("stream.envelope", text, edit(2, lambda one: one.update(system_fingerprint=None))),
    ("stream.envelope", text, edit(2, lambda one: one.pop("service_tier"))),
    ("stream.one_choice", two_choices, lambda chunks: [merged(chunks[0], chunks[2]), chunks[1], *chunks[3:]]),
    ("stream.empty_choices", text, insert(1, chunk([]))),
    ("stream.choice_index", text, renumber),
    ("stream.role_missing", text, edit(0, lambda one: one["choices"][0]["delta"].pop("role"))),
    ("stream.role_repeated", text, delta(1, role="assistant")),
    ("stream.finish_missing", two_choices, drop(5)),
    ("stream.finish_repeated", text, insert(4, part({}, "stop"))),
    ("stream.finish_delta", text, delta(3, content="!")),
    ("stream.after_finish", text, insert(4, part({"content": "more"}))),
    ("stream.tool_index", calls, lambda chunks: [*chunks[:1], *chunks[4:6], *chunks[1:4], *chunks[6:]]),
    ("stream.tool_index", calls, insert(6, part({"tool_calls": [piece(0, "")]}))),
    ("stream.tool_head", calls, behead(4)),
    ("stream.tool_repeated", calls, fragment(2, id="call_" + "f" * 24)),
    ("stream.tool_repeated", calls, fragment(2, type="function")),
    ("stream.tool_repeated", calls, fragment(2, function={"name": "f", "arguments": '{"a"'})),
    ("stream.usage_key", text, edit(1, lambda one: one.pop("usage"))),
    ("stream.usage_missing", text, drop(4)),
    ("stream.usage_repeated", text, insert(5, chunk([], usage=USAGE))),
    ("stream.usage_place", text, lambda chunks: [*chunks[:3], {**chunks[3], "usage": USAGE}]),
    ("stream.usage_early", text, swap(3, 4)),
    (
        "completion.usage_total",
        text,
        lambda chunks: [*chunks[:4], chunk([], usage={**USAGE, "total_tokens": 1})],
    ),
    ("completion.arguments_json", calls, drop(3)),
    ("completion.arguments_object", calls, fragment(5, function={"arguments": "[]"})),
    ("completion.tool_call_id_form", calls, fragment(1, id="call_1")),
    ("completion.finish_tool_calls", text, lambda chunks: [*chunks[:3], part({}, "tool_calls"), chunks[4]]),
    (
        "completion.finish_function_call",
        text,
        lambda chunks: [*chunks[:3], part({}, "function_call"), chunks[4]],
    ),
    ("completion.id_form", text, lambda chunks: [{**one, "id": "chatcmpl-1"} for one in chunks]),
    (
        "completion.fingerprint_form",
        text,
        lambda chunks: [{**one, "system_fingerprint": "f"} for one in chunks],
    ),
    (
        "completion.created_seconds",
        text,
        lambda chunks: [{**one, "created": 1761669844000} for one in chunks],
    ),
    ("chunk.required", text, edit(1, lambda one: one["choices"][0].pop("finish_reason"))),
    ("chunk.type", text, delta(1, content=1)),
    ("chunk.enum", text, lambda chunks: [*chunks[:3], part({}, "done"), chunks[4]]),
    ("chunk.const", text, edit(1, lambda one: one.update(object="chat.completion"))),
    ("chunk.minItems", text, delta(1, tool_calls=[])),
]


def merged(first: Chunk, second: Chunk) -> Chunk:
    return {**first, "choices": [*first["choices"], *second["choices"]]}


@pytest.mark.parametrize(("rule", "make", "broken"), ORDER)
def test_a_broken_order_is_named(rule: str, make: Callable[[], Chunks], broken: Break) -> None:
    chunks = deepcopy(make())

    found = check_stream(sent(broken(chunks) or chunks))

    assert rules(found) == {rule}


COMPATIBLE_ORDER: list[tuple[str, str, Break]] = [
    ("stream.object", "warning", edit(1, lambda one: one.pop("object"))),
    ("stream.usage_lost", "warning", lambda chunks: [*chunks[:2], {**chunks[2], "usage": USAGE}, chunks[3]]),
    ("stream.role_repeated", "warning", delta(1, role="assistant")),
    ("stream.choice_index", "error", renumber),
    ("chunk.required", "error", edit(1, lambda one: one.pop("choices"))),
]


@pytest.mark.parametrize(("rule", "tier", "broken"), COMPATIBLE_ORDER)
def test_compatible_names_what_breaks_clients(rule: str, tier: str, broken: Break) -> None:
    chunks = text()

    found = check_stream(sent(broken(chunks) or chunks), profile="compatible")

    assert {(violation.rule, violation.tier) for violation in found} == {(rule, tier)}


RIGHT = sent(text())
FIRST = RIGHT.index(b"\n\n") + 2
FORM: list[tuple[str, bytes]] = [
    ("framing.byte_order_mark", b"\xef\xbb\xbf" + RIGHT),
    ("framing.line_end", RIGHT.replace(b"\n", b"\r\n")),
    ("framing.comment", RIGHT[:FIRST] + b": keep-alive\n\n" + RIGHT[FIRST:]),
    ("framing.event_field", b"event: message\n" + RIGHT),
    ("framing.id_field", b"id: 1\n" + RIGHT),
    ("framing.retry_field", b"retry: 1\n" + RIGHT),
    ("framing.unknown_field", b"text: 1\n" + RIGHT),
    ("framing.several_data_lines", RIGHT.replace(b',"object"', b',\ndata: "object"', 1)),
    ("framing.space", RIGHT.replace(b"data: ", b"data:", 1)),
    ("framing.no_data", RIGHT[:FIRST] + b"data: \n\n" + RIGHT[FIRST:]),
    ("framing.encoding", RIGHT.replace("ü".encode(), b"\xff", 1)),
    ("framing.unterminated", RIGHT[:-1]),
    ("framing.stray_blank_line", RIGHT[:FIRST] + b"\n" + RIGHT[FIRST:]),
    ("stream.compact", sent(text(), padded=False).replace(b',"object"', b', "object"', 1)),
    ("stream.json", RIGHT[:FIRST] + b"data: {oops\n\n" + RIGHT[FIRST:]),
    ("stream.done_missing", RIGHT.removesuffix(DONE)),
    ("stream.done_form", RIGHT.replace(b"[DONE]", b"[DONE] bye")),
    ("stream.after_done", RIGHT + DONE),
    (
        "stream.error",
        RIGHT[:FIRST] + event({"error": {"message": "m", "type": "t", "param": None, "code": None}}),
    ),
    ("stream.obfuscation_length", RIGHT.replace(b'"obfuscation":"', b'"obfuscation":"y', 1)),
    ("stream.obfuscation_key", event(text()[0], padded=False) + RIGHT[FIRST:]),
    ("chunk.pattern", RIGHT.replace(b'"obfuscation":"x', b'"obfuscation":"-', 1)),
    ("chunk.type", RIGHT[:FIRST] + b"data: 1\n\n" + RIGHT[FIRST:]),
    ("stream.empty", DONE),
]


@pytest.mark.parametrize(("rule", "data"), FORM)
def test_a_broken_form_is_named(rule: str, data: bytes) -> None:
    found = rules(check_stream(data))

    # a first chunk unlike the others is unlike each of them
    assert found - {"stream.repeated"} == {rule}


def test_an_error_event_without_an_error_is_named() -> None:
    data = RIGHT[:FIRST] + b'event: error\ndata: {"message":"no"}\n\n'

    assert rules(check_stream(data, profile="compatible")) == {"stream.error_event"}


def test_an_event_beyond_all_bounds_is_named() -> None:
    data = RIGHT[:FIRST] + b": " + b"a" * (16 * 1024 * 1024) + b"\n\n" + RIGHT[FIRST:]

    assert rules(check_stream(data)) == {"framing.too_large"}


def test_breaches_of_one_rule_are_counted_beyond_the_fifth() -> None:
    chunks = text()
    chunks[1:3] = [part({"role": "assistant", "content": "a"}) for _ in range(50)]

    found = check_stream(sent(chunks))

    assert [violation.rule for violation in found] == ["stream.role_repeated"] * 5 + ["stream.repeated"]
    assert "45 more of stream.role_repeated" in found[-1].message


def test_the_tables_of_this_file_cover_every_rule() -> None:
    told = {rule for rule, *_ in [*ORDER, *COMPATIBLE_ORDER, *FORM]}
    alone = {"stream.error_event", "framing.too_large", "stream.repeated"}

    assert set(STREAM_RULES) - told == alone


def test_a_mid_stream_error_excuses_the_missing_end() -> None:
    error = {"error": {"message": "m", "type": "server_error", "param": None, "code": None}}

    found = check_stream(RIGHT[:FIRST] + event(error, padded=False))

    assert [(violation.rule, violation.tier) for violation in found] == [("stream.error", "info")]


def test_cut_arguments_are_only_warned_about_when_length_cut_them() -> None:
    chunks = calls()
    del chunks[3]
    chunks[-2] = part({}, "length")

    found = check_stream(sent(chunks))

    assert [(violation.rule, violation.tier) for violation in found] == [
        ("completion.arguments_json", "warning")
    ]


def test_the_path_begins_with_the_event() -> None:
    chunks = text()
    chunks[2]["choices"][0]["delta"]["role"] = "assistant"

    (violation,) = check_stream(b": a comment is no event\n\n" + sent(chunks), profile="compatible")

    assert violation.path == "$[2].choices[0].delta.role"


def test_cut_anywhere_the_violations_are_the_same() -> None:
    chunks = calls()
    chunks[2]["choices"][0]["delta"]["tool_calls"][0]["id"] = "twice"
    data = b"\xef\xbb\xbf" + sent(chunks).replace(b"\n", b"\r\n", 9) + b"\ndata: late"
    whole = check_stream(data)

    assert len(whole) > 8
    assert check_stream(data[i : i + 1] for i in range(len(data))) == whole
    for at in range(0, len(data), 7):
        assert check_stream([data[:at], data[at:]]) == whole


def test_what_is_wrong_is_told_as_soon_as_it_is_whole() -> None:
    checker = StreamChecker()
    first, second = event(text()[0]), event(text()[0])

    assert checker.feed(first) == ()
    assert checker.feed(second[:-1]) == ()
    assert rules(checker.feed(second[-1:])) == {"stream.role_repeated"}


def test_a_closed_stream_takes_nothing_more() -> None:
    checker = StreamChecker()
    checker.feed(RIGHT)

    assert checker.close() == ()
    assert checker.close() == ()
    with pytest.raises(ValueError, match="closed"):
        checker.feed(b"data: ")


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="no profile 'azura'; there are: openai, "):
        StreamChecker("azura")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "id",
    "object",
    "choices",
    "delta",
    "index",
    "tool_calls",
    "function",
    "usage",
    "error",
    "finish_reason",
]
SHAPES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(st.binary(max_size=200))
@example(b"data: " + b"[" * 5000 + b"\n\n")
@example(b'data: {"choices":[{"index":0,"delta":"\\ud800"}],"created":1e999}\n\n')
def test_random_bytes_never_raise(data: bytes) -> None:
    for profile in ("openai", "compatible"):
        check_stream(data, profile=profile)


@settings(max_examples=60)
@given(st.lists(SHAPES, max_size=3))
def test_random_json_never_raises(values: list[Any]) -> None:
    data = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)

    for profile in ("openai", "compatible"):
        check_stream(data, profile=profile)
