"""Prompt caching: where prompts are cut, what is found again, and for how long."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from understudy.contracts.families import family_of
from understudy.mockserver.chat import read_chat
from understudy.mockserver.prompt_cache import Cached, Prefix, PromptCache, prefix_of
from understudy.mockserver.tokens.counting import prompt_tokens

OLD, NEW = "gpt-4o", "gpt-5.6-luna"
_SOME_WORDS = ("river", "stone", "paper", "green", "light", "house", "seven", "walks")


def _words(number: int, seed: int = 0) -> str:
    return " ".join(Random(seed).choices(_SOME_WORDS, k=number))


def _document(*texts: Any, model: str = OLD, **members: Any) -> dict[str, Any]:
    roles = ("system", "user", "assistant")
    messages = [{"role": roles[min(at, 1 + at % 2)], "content": text} for at, text in enumerate(texts)]
    return {"model": model, "messages": messages, **members}


def _cut(document: dict[str, Any], account: str = "sk-a") -> tuple[Prefix | None, int]:
    family = family_of(document["model"])
    prompt = prompt_tokens(document, family)
    prefix = prefix_of(read_chat(document), family, prompt)
    return None if prefix is None else prefix.of(account), prompt


def _prefix(document: dict[str, Any], account: str = "sk-a") -> Prefix:
    found, _ = _cut(document, account)
    if found is None:
        raise ValueError("the prompt is too short for this test")
    return found


def _second(first: dict[str, Any], second: dict[str, Any], *, after: float = 1.0) -> Cached:
    """Return what is cached of *second*, sent *after* seconds."""
    cache = PromptCache()
    cache.seen(_prefix(first), now=0.0)
    return cache.seen(_prefix(second), now=after)


def test_a_short_prompt_is_not_cached() -> None:
    assert _cut(_document("Be brief.", _words(900)))[0] is None


def test_1024_tokens_are_the_least() -> None:
    for number in range(1_010, 1_025):
        prefix, prompt = _cut({"model": OLD, "messages": [{"role": "user", "content": _words(number)}]})
        ends = () if prefix is None else prefix.ends

        assert ends == ((1_024,) if prompt > 1_024 else ())


# prompts of recorded traffic, and the cached tokens that it has for the second of equal ones (FACTS C.2)
@pytest.mark.parametrize(
    ("prompt", "cached"), [(1_144, 1_024), (1_220, 1_152), (1_370, 1_280), (1_497, 1_408), (1_080, 1_024)]
)
def test_equal_prompts_read_all_steps_of_128(prompt: int, cached: int) -> None:
    document = {"model": OLD, "messages": [{"role": "user", "content": _words(prompt - 7)}]}
    cache = PromptCache()
    prefix, counted = _cut(document)

    assert (counted, prefix is not None) == (prompt, True)
    assert [cache.seen(_prefix(document), now).read for now in (0.0, 1.0, 2.0)] == [0, cached, cached]


@pytest.mark.parametrize(
    ("first", "second", "cached"),
    [
        (_document(_words(1_300), "hello"), _document(_words(1_300), "goodbye"), 1_280),
        (_document(_words(1_300), "hello"), _document(_words(1_300) + " x", "hello"), 1_280),
        (_document(_words(1_300), "hello"), _document("x " + _words(1_300), "hello"), 0),
        (_document("Hi", _words(2_000)), _document("Hi", _words(2_000), "Yes.", _words(500, 1)), 1_920),
        (_document("Hi", _words(2_000), "Yes.", _words(500, 1)), _document("Hi", _words(2_000)), 1_920),
        (
            _document("Hi", _words(2_000)),
            _document("Hi", " ".join(_words(2_000).split()[:1_500]) + " " + _words(900, 2)),
            1_408,
        ),
    ],
)
def test_prompts_that_begin_alike_share_a_cache(
    first: dict[str, Any], second: dict[str, Any], cached: int
) -> None:
    assert _second(first, second) == Cached(cached, 0)


TOOL = {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gpt-4o-mini"},
        {"prompt_cache_key": "other"},
        {"tools": [TOOL]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
    ],
)
def test_what_stands_before_the_messages_must_be_equal(change: dict[str, Any]) -> None:
    document = _document(_words(1_300), "hello", prompt_cache_key="mine")

    assert _second(document, {**document, **change}).read == 0
    assert _second({**document, **change}, {**document, **change}).read == 1_280


@pytest.mark.parametrize("change", [{"temperature": 0.5}, {"stream": True}, {"seed": 7}, {"user": "me"}])
def test_what_the_model_is_not_shown_need_not_be_equal(change: dict[str, Any]) -> None:
    document = _document(_words(1_300), "hello")

    assert _second(document, {**document, **change}).read == 1_280


def test_a_long_list_of_tools_is_cached_by_itself() -> None:
    named = [
        {"type": "function", "function": {"name": f"tool_{at}", "description": _words(20, at)}}
        for at in range(60)
    ]

    cached = _second(
        _document("Be brief.", "hello", tools=named), _document("Be kind.", "hello", tools=named)
    )

    assert cached.read >= 1_024


def test_a_model_and_its_snapshot_share_a_cache() -> None:
    long = {"messages": [{"role": "user", "content": "word " * 2_000}]}
    cache = PromptCache()
    cache.seen(_prefix({"model": "gpt-4o", **long}), now=0.0)

    assert cache.seen(_prefix({"model": "gpt-4o-2024-08-06", **long}), now=1.0).read > 1_000


def test_accounts_share_no_cache() -> None:
    document = _document(_words(1_300), "hello")
    cache = PromptCache()
    cache.seen(_prefix(document, "sk-a"), now=0.0)

    assert cache.seen(_prefix(document, "sk-b"), now=1.0).read == 0
    assert cache.seen(_prefix(document, "").of("sk-a"), now=1.0).read == 0
    assert cache.seen(_prefix(document, "sk-a"), now=1.0).read == 1_280


@pytest.mark.parametrize(
    ("model", "members", "keeps"),
    [
        (OLD, {}, 300),
        (OLD, {"prompt_cache_retention": "in_memory"}, 300),
        (OLD, {"prompt_cache_retention": "24h"}, 86_400),
        ("gpt-5.5", {}, 86_400),
        (NEW, {}, 1_800),
        (NEW, {"prompt_cache_options": {"ttl": "30m"}}, 1_800),
        (NEW, {"prompt_cache_retention": "24h"}, 86_400),
    ],
)
def test_what_is_unused_expires(model: str, members: dict[str, Any], keeps: float) -> None:
    document = _document(_words(1_300), "hello", model=model, **members)

    assert _second(document, document, after=keeps - 0.5).read > 1_024
    assert _second(document, document, after=keeps).read == 0


def test_use_keeps_a_prompt_in_the_cache() -> None:
    document = _document(_words(1_300), "hello")
    cache = PromptCache()

    read = [cache.seen(_prefix(document), now).read for now in (0.0, 200.0, 400.0, 699.0, 1_000.0)]

    assert read == [0, 1_280, 1_280, 1_280, 0]


def test_the_longest_unused_cuts_go_first() -> None:
    first, second, third = (_document(_words(1_300, seed), "hello") for seed in range(3))
    cache = PromptCache(limit=6)  # three cuts each
    for document in (first, second, first, third):
        cache.seen(_prefix(document), now=0.0)

    assert len(cache) == 6
    assert cache.seen(_prefix(first), now=1.0).read == 1_280
    assert cache.seen(_prefix(third), now=1.0).read == 1_280
    assert cache.seen(_prefix(second), now=1.0).read == 0


def test_a_cache_that_holds_a_part_keeps_the_shortest_cuts() -> None:
    document = _document(_words(1_300), "hello")
    cache = PromptCache(limit=2)
    cache.seen(_prefix(document), now=0.0)

    assert cache.seen(_prefix(document), now=1.0).read == 1_152


def test_a_cache_without_room_is_an_error() -> None:
    with pytest.raises(ValueError, match="limit is 0, expected 1 or more"):
        PromptCache(limit=0)


def test_a_new_model_tells_what_it_wrote() -> None:
    document = {"model": NEW, "messages": [{"role": "user", "content": _words(1_214)}]}
    prefix, prompt = _cut(document)
    cache = PromptCache()

    # FACTS C.2: 1,217 of 1,220, since the end of the message and the call for an answer stay outside
    assert (prompt, prefix is not None) == (1_220, True)
    assert cache.seen(_prefix(document), now=0.0) == Cached(0, 1_217)
    assert cache.seen(_prefix(document), now=1.0) == Cached(1_217, 0)


def test_a_new_model_reads_whole_messages_and_writes_the_rest() -> None:
    first = _document(_words(1_300), "What is it?", model=NEW)
    second = _document(_words(1_300), "Write me a poem.", model=NEW)
    system = 3 + 1 + 1_300 - 1
    _, prompt = _cut(second)

    assert _second(first, second) == Cached(system, prompt - 3 - system)


def _marked(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "prompt_cache_breakpoint": {"mode": "explicit"}}


def test_explicit_caching_goes_up_to_the_marks() -> None:
    ask = {"type": "text", "text": "Reply with exactly: OK"}
    options = {"mode": "explicit", "ttl": "30m"}
    document = {
        "model": NEW,
        "messages": [{"role": "user", "content": [_marked(_words(2_000)), ask]}],
        "prompt_cache_options": options,
    }
    unmarked = {
        **document,
        "messages": [{"role": "user", "content": [{"type": "text", "text": _words(2_000)}]}],
    }
    _, prompt = _cut(document)
    cache = PromptCache()

    assert cache.seen(_prefix(document), now=0.0) == Cached(0, prompt - 8)  # recorded: 4,012 of 4,020
    assert cache.seen(_prefix(document), now=1.0) == Cached(prompt - 8, 0)
    assert cache.seen(_prefix(unmarked), now=2.0) == Cached(0, 0)


def test_a_request_writes_its_last_four_breakpoints() -> None:
    texts = [_words(1_100)] + ["hello"] * 9
    document = _document(*texts, model=NEW)
    cache = PromptCache()

    cache.seen(_prefix(document), now=0.0)

    assert len(_prefix(document).blocks) == 10
    assert len(cache) == 4


@pytest.mark.parametrize("content", [None, 5, [], ["x", {"type": "image_url", "image_url": {}}], {"a": 1}])
@pytest.mark.parametrize("model", [OLD, NEW])
def test_malformed_messages_are_cut_as_far_as_they_go(content: Any, model: str) -> None:
    messages = [None, {"role": 7, "content": content}, {"role": "user", "content": _words(1_300)}, "x"]
    document = {"model": model, "messages": messages, "prompt_cache_options": 5}

    assert _second(document, document).read >= 1_024


@given(
    common=some.integers(0, 400),
    tails=some.tuples(some.integers(0, 200), some.integers(0, 200)),
    alphabet=some.sampled_from(["river stone paper", "größe straße fähre", "川 石 紙 緑", "🙂 👩‍👩‍👧 🏳️‍🌈"]),
)
def test_never_more_is_read_than_is_in_common(common: int, tails: tuple[int, int], alphabet: str) -> None:
    chosen = Random(common).choices(alphabet.split(), k=1_200 + common)
    head = " ".join(chosen)
    first, second = (
        _document("Hi", f"{head} {mark} {_words(tail, 9)}") for mark, tail in zip("AB", tails, strict=True)
    )
    # the end of the message and the call for an answer are not in common; the mark may join the last word
    most = _cut(_document("Hi", head))[1] - 4

    cached = _second(first, second)

    assert cached.read % 128 == 0
    assert most - 128 - 2 <= cached.read <= most + 2


def test_recorded_cuts_of_new_models_are_ours(traffic: Any) -> None:
    met = 0
    for row in traffic.rows:
        if row["provider"] != "openai" or not row["model"].startswith("gpt-5.6"):
            continue
        recording = traffic.load(row)
        body = recording["response"].get("body")
        details = body.get("usage", {}).get("prompt_tokens_details", {}) if isinstance(body, dict) else {}
        if details.get("cached_tokens") or details.get("cache_write_tokens"):
            ends = _prefix(recording["request"]["body"]).ends
            wanted = {details["cached_tokens"], details["cached_tokens"] + details["cache_write_tokens"]} - {
                0
            }

            assert wanted <= set(ends), row["file"]
            met += 1

    assert met >= 3
