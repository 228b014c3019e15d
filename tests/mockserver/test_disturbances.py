"""Faults, limits and pace where they meet, through a real engine: what comes first, and what is told."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from understudy.mockserver.build import build
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.controls import Controls
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.decisions import Deciding, Decision
from understudy.mockserver.faults.match import Asked
from understudy.mockserver.faults.rules import fault, parse_fault
from understudy.mockserver.faults.tape import Recording, Tape
from understudy.mockserver.journal import Entry, Reply
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.pacing.distributions import Fixed, Normal
from understudy.mockserver.pacing.pace import Pace
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Cut, Head, Request, Send, Wait

NOW = 1_700_000_000.0
KEY = b"Bearer sk-right-key-0001"


class Seen:
    """A reply as a client has it."""

    def __init__(self, reply: Reply) -> None:
        head, *self.rest = reply.steps
        assert isinstance(head, Head)
        self.reply = reply
        self.entry: Entry = reply.entry
        self.status = head.status
        self.headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        self.body = b"".join(step.data for step in self.rest if isinstance(step, Send))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def left(self) -> tuple[int, int]:
        """What the headers say remains: requests and tokens."""
        name = "x-ratelimit-remaining-"
        return int(self.headers[f"{name}requests"]), int(self.headers[f"{name}tokens"])


def request(text: str = "hi", *, key: bytes = KEY, headers: Any = (), path: str = "", **more: Any) -> Request:
    document = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}
    told = [(b"authorization", key), *headers]
    return Request("POST", path or "/v1/chat/completions", told, json.dumps(document).encode())


def ask(engine: Engine, now: float = NOW, *args: Any, ends: bool = True, **known: Any) -> Seen:
    seen = Seen(engine.handle(request(*args, **known), now))
    if ends:
        engine.close(seen.reply, "sent", now)
    return seen


def two_answers() -> Script:
    return Script().reply("first", "second")


def made(script: Script | None = None, **known: Any) -> Engine:
    return build(Settings(**known), scripts=(script or Script()).scripts)


def answering(reply: Verbatim, **known: Any) -> Engine:
    """Return an engine whose only source says *reply*."""
    return Engine(Settings(**known), lambda settings: lambda chat: reply)


def said(seen: Seen) -> str:
    text: str = seen.json["choices"][0]["message"]["content"]
    return text


def test_limits_come_before_faults_and_faults_before_sources() -> None:
    engine = made(two_answers(), faults=(fault(503, times=1),), limits=(Limit(requests_per_minute=2),))

    seen = [ask(engine, NOW + second) for second in (0, 1, 2, 40, 80)]

    assert [one.status for one in seen] == [503, 200, 429, 200, 200]
    assert [said(one) for one in seen if one.status == 200] == ["first", "second", "second"]
    assert [one.entry.fault for one in seen] == ["503", "", "", "", ""]


def test_what_a_limit_refuses_uses_up_no_fault() -> None:
    engine = made(faults=(fault(503, nth=2),), limits=(Limit(requests_per_minute=1),))

    assert [ask(engine, NOW + second).status for second in (0, 1, 2, 120)] == [200, 429, 429, 503]


def test_what_a_limit_refuses_is_no_try_for_faults_that_count_tries() -> None:
    engine = made(
        limits=(Limit(requests_per_minute=1, scope=()),), faults=(parse_fault("503@times=1,per=request"),)
    )

    seen = [ask(engine, NOW, "a"), ask(engine, NOW + 1, "b"), ask(engine, NOW + 130, "b")]

    assert [one.status for one in seen] == [503, 429, 503]


def test_a_header_counts_the_tries_that_had_it() -> None:
    engine = made(fault_header=True)
    wish = [(b"x-understudy-fault", b"429@times=1")]
    asked = [(), wish, wish, [(b"x-understudy-fault", b"503@times=1")]]

    assert [ask(engine, headers=headers).status for headers in asked] == [200, 429, 200, 503]


@pytest.mark.parametrize("wished", [False, True])
def test_the_words_of_an_error_name_the_request_that_its_headers_name(wished: bool) -> None:
    known: dict[str, Any] = {"limits": (Limit(requests_per_minute=1),), "fault_header": True}
    engine = made(**known) if wished else made(faults=(parse_fault("server_error"),), **known)
    wish = [(b"x-understudy-fault", b"server_error")] if wished else []

    seen = [ask(engine, NOW + seconds, headers=wish if seconds else []) for seconds in (0, 1, 130, 260)]

    assert [one.status for one in seen] == [200 if wished else 500, 429, 500, 500]
    for one in seen[2:]:
        assert one.headers["x-request-id"] in one.json["error"]["message"]


def test_an_error_fault_leaves_the_turn_to_the_next_attempt() -> None:
    engine = made(two_answers(), faults=(parse_fault("503,503,ok"),))

    seen = [ask(engine) for _ in range(4)]

    assert [one.status for one in seen] == [503, 503, 200, 200]
    assert [said(one) for one in seen[2:]] == ["first", "second"]


def test_a_fault_that_spoils_the_reply_takes_the_turn() -> None:
    engine = made(two_answers(), faults=(fault("empty_body", times=1),))

    spoiled, whole = ask(engine), ask(engine)

    assert (spoiled.status, spoiled.body, spoiled.entry.fault) == (200, b"", "empty_body")
    assert said(whole) == "second"


def test_a_fault_for_others_changes_nothing() -> None:
    rules = (fault(503, match={"model": "other"}), fault(503, match={"header.x-try": "2"}))
    engine = made(two_answers(), faults=rules)

    tried = [ask(engine), ask(engine, headers=[(b"x-try", b"2")]), ask(engine), ask(engine, model="other")]

    assert [one.status for one in tried] == [200, 503, 200, 503]
    assert [said(tried[0]), said(tried[2])] == ["first", "second"]


@pytest.mark.parametrize("stream", [False, True])
def test_equal_texts_on_other_paths_and_as_streams_are_told_apart(stream: bool) -> None:
    rules = (fault(503, match={"path": "/v1/cha*"}), fault(502, match={"stream": True}))
    engine = made(faults=rules[stream:])

    seen = [ask(engine, stream=stream).status, ask(engine, stream=not stream).status]

    assert seen == ([502, 200] if stream else [503, 503])


def test_a_path_is_looked_at_each_time() -> None:
    engine = made(faults=(fault(503, match={"path": "/openai/*"}),), profile="azure")
    azure = "/openai/deployments/gpt-4o-mini/chat/completions"

    assert [ask(engine, path=path).status for path in ("", azure, "")] == [200, 503, 200]


def test_a_request_may_ask_for_a_fault_where_that_is_enabled() -> None:
    wish = [(b"x-understudy-fault", b"429:retry_after=1@times=1")]
    on, off = made(two_answers(), fault_header=True), made(faults=(fault(503, times=1),))

    seen = [ask(on, headers=wish), ask(on, headers=wish), ask(on)]

    assert [one.status for one in seen] == [429, 200, 200]
    assert seen[0].headers["retry-after"] == "1"
    assert [said(one) for one in seen[1:]] == ["first", "second"]
    assert [ask(off, headers=wish).status for _ in range(2)] == [503, 200]


def test_a_wish_that_cannot_be_read_is_refused_and_uses_up_nothing() -> None:
    engine = made(two_answers(), fault_header=True)

    seen = ask(engine, headers=[(b"x-understudy-fault", b"rate_limti")])

    assert seen.status == 400
    assert seen.json["error"]["type"] == "understudy_fault"
    message = seen.json["error"]["message"]
    assert message.startswith("x-understudy-fault 'rate_limti': ")
    assert "rate_limit" in message.partition("': ")[2]
    assert said(ask(engine)) == "first"


def test_a_pace_is_kept_by_answers_and_a_cut_cuts_what_is_on_its_way() -> None:
    pace = Pace(Fixed(0.5), tps=10.0)
    engine = made(two_answers(), pace=pace, faults=(fault("cut_midstream", nth=2),))

    paced, cut = ask(engine, stream=True), ask(engine, stream=True)

    waits = [step.seconds for step in paced.rest if isinstance(step, Wait)]
    assert waits[0] == 0.5
    assert set(waits[1:]) == {0.1}
    assert isinstance(cut.rest[-1], Cut)
    assert any(isinstance(step, Wait) for step in cut.rest)
    refused = Seen(engine.handle(request(n=0), NOW))
    assert [type(step) for step in refused.rest] == [Send]


def test_the_pace_follows_the_seed_that_is_set() -> None:
    def waits(engine: Engine) -> list[float]:
        return [step.seconds for step in ask(engine, stream=True).rest if isinstance(step, Wait)]

    pace = Pace(Normal(1.0, 0.5))
    engine, first, second = (made(two_answers(), pace=pace, seed=seed) for seed in (1, 1, 7))

    Controls(engine).set_seed(7)

    assert waits(engine) == waits(second) != waits(first)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("known", [{"faults": (fault("refuse_connection"),)}, {"pace": Pace(Fixed(5.0))}])
def test_a_reply_whose_head_may_never_be_sent_has_no_status_yet(known: Any, stream: bool) -> None:
    reply = made(**known).handle(request(stream=stream), NOW)

    assert (reply.entry.status, reply.entry.headers) == (0, ())


def test_a_recording_is_replayed_as_it_came() -> None:
    body = b"data: {}\n\ndata: [DONE]\n\n"
    timing = ((1.0, 10), (2.0, len(body) - 10))
    kept = Verbatim(200, (("content-type", "text/event-stream"),), body, timing=timing)

    engine = answering(kept, recorded_pace=2.0)

    assert ask(engine).rest == [Wait(0.5), Send(body[:10]), Wait(1.0), Send(body[10:])]


def test_replies_without_waits_stay_a_pair_that_goes_out_at_once() -> None:
    engine = made(limits=(Limit(requests_per_minute=5),), faults=(fault(503, nth=9),))

    assert isinstance(engine.handle(request(), NOW).steps, tuple)


def test_the_headers_tell_what_is_left_and_so_does_the_journal() -> None:
    engine = made(limits=(Limit(requests_per_minute=3, tokens_per_minute=1_000),))

    seen = [ask(engine, max_tokens=10) for _ in range(4)]

    assert [one.left[0] for one in seen] == [2, 1, 0, 0]
    assert (seen[3].status, seen[3].headers["retry-after-ms"]) == (429, "20000")
    for one in seen:
        told = {name.decode(): value.decode() for name, value in one.entry.headers}
        assert told == one.headers
    assert ask(engine, NOW + 19.999, max_tokens=10).status == 429


def test_tokens_are_reserved_with_what_may_come_and_settled_to_what_came() -> None:
    engine = made(Script().reply("four words, no more"), limits=(Limit(tokens_per_minute=1_000),))

    first = ask(engine, max_tokens=500, ends=False)
    usage = first.json["usage"]
    reserved = usage["prompt_tokens"] + 500
    refused = ask(engine, max_tokens=500)
    engine.close(first.reply, "sent", NOW)
    engine.close(first.reply, "sent", NOW)  # once is enough
    third = ask(engine, max_tokens=500)

    remaining = "x-ratelimit-remaining-tokens"
    assert first.headers[remaining] == str(1_000 - reserved)
    assert refused.status == 429
    assert refused.json["error"]["message"].startswith(
        f"Rate limit reached for gpt-4o-mini in organization org-understudy on tokens per min (TPM): "
        f"Limit 1000, Used {reserved}, Requested {reserved}. Please try again in "
    )
    assert (third.status, third.headers[remaining]) == (200, str(1_000 - usage["total_tokens"] - reserved))


def test_a_refused_request_keeps_what_it_reserved() -> None:
    engine = made(limits=(Limit(tokens_per_minute=1_000),))

    ask(engine, max_tokens=100, temperature=9)

    assert ask(engine, max_tokens=0, n=1, messages=[]).status == 400
    assert ask(engine, max_tokens=990).status == 429


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": 9}, {"messages": [5]}, {"messages": "words"}, {"messages": None}, {"tools": [{}]}],
)
def test_a_request_that_breaks_the_contract_reserves_its_prompt(wrong: Any) -> None:
    engine = made(limits=(Limit(requests_per_minute=100, tokens_per_minute=10_000),))

    plain = ask(engine, NOW, "a few words")
    engine.state.refill()
    seen = ask(engine, NOW, "a few words", **wrong)

    assert (plain.status, seen.status) == (200, 400)
    assert seen.left[1] <= 10_000 - 16
    if "messages" not in wrong and "tools" not in wrong:
        assert seen.left == plain.left


def test_slots_are_given_back_when_the_sending_has_ended() -> None:
    engine = made(limits=(Limit(concurrency=1, scope=()),))
    first = ask(engine, ends=False)

    crowded = ask(engine, key=b"Bearer sk-another-key-0002")
    engine.close(first.reply, "client left", NOW)

    assert (crowded.status, "retry-after" in crowded.headers) == (429, False)
    assert ask(engine).status == 200


def test_what_was_lent_before_the_limits_began_anew_counts_no_more() -> None:
    engine = made(limits=(Limit(tokens_per_minute=1_000, concurrency=1),))
    old = ask(engine, max_tokens=900, ends=False)

    engine.state.refill()
    new = ask(engine, max_tokens=900, ends=False)
    engine.close(old.reply, "sent", NOW)

    crowded = ask(engine, max_tokens=900)
    assert [new.status, crowded.status] == [200, 429]
    assert crowded.headers["x-ratelimit-remaining-tokens"] == new.headers["x-ratelimit-remaining-tokens"]


def test_keys_have_limits_and_caches_of_their_own() -> None:
    engine = made(limits=(Limit(requests_per_minute=2),), faults=(fault(503, match={"key": "sk-c*"}),))
    text = "one two three four five six seven eight nine ten " * 200

    keys = (b"sk-a", b"sk-b", b"sk-b", b"sk-a", b"sk-c")
    seen = [ask(engine, 0, text, key=b"Bearer " + key) for key in keys]

    assert [one.status for one in seen] == [200, 200, 200, 200, 503]
    cached = [one.json["usage"]["prompt_tokens_details"]["cached_tokens"] for one in seen[:4]]
    assert [count > 0 for count in cached] == [False, False, True, True]
    assert ask(engine, 0, text, key=b"Bearer sk-a").status == 429


@pytest.mark.parametrize("faults", [(), (fault(503, nth=9),)])
def test_the_prompt_cache_is_asked_once_whoever_decides(faults: Any) -> None:
    engine = made(faults=faults, limits=(Limit(requests_per_day=9),))
    text = "one two three four five six seven eight nine ten " * 200

    usages = [ask(engine, 0, text).json["usage"]["prompt_tokens_details"] for _ in range(3)]

    cached = [usage["cached_tokens"] for usage in usages]
    assert cached[0] == 0
    assert cached[1] == cached[2] > 0


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ("groq", {"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "20s"}),
        ("azure", {"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "20"}),
        ("mistral", {"x-ratelimit-limit-req-minute": "3", "x-ratelimit-remaining-req-minute": "2"}),
        ("deepseek", {}),
    ],
)
def test_gateways_tell_the_truth_by_their_own_headers(profile: str, told: dict[str, str]) -> None:
    limited = made(profile=profile, limits=(Limit(requests_per_minute=3),))

    first, *_, last = [ask(limited) for _ in range(4)]

    assert told.items() <= first.headers.items()
    assert set(first.headers) == set(ask(made(profile=profile)).headers)
    assert last.status == 429
    assert any("ratelimit" in name for name in last.headers) == bool(told)


def test_a_recording_s_headers_tell_of_our_limits_and_a_fault_s_of_its_own() -> None:
    kept = Verbatim(200, (("x-ratelimit-remaining-requests", "7"),), b"{}")
    recorded = answering(kept, limits=(Limit(requests_per_minute=3),))
    faulty = made(limits=(Limit(requests_per_minute=3),), faults=(parse_fault("rate_limit,500"),))

    limited, broken = ask(faulty), ask(faulty)

    assert ask(recorded).headers["x-ratelimit-remaining-requests"] == "2"
    assert limited.headers["x-ratelimit-remaining-requests"] == "0"
    assert broken.headers.get("x-ratelimit-remaining-requests", "1") == "1"


def test_a_page_of_another_origin_is_told_too() -> None:
    engine = made(limits=(Limit(requests_per_minute=3, tokens_per_minute=1_000),))

    seen = ask(engine, headers=[(b"origin", b"https://example.org")])

    assert (seen.headers["access-control-allow-origin"], seen.left[0]) == ("*", 2)


def test_what_is_known_of_requests_is_bounded() -> None:
    engine = made(faults=(fault(503, nth=9_999),))
    disturbances = engine._reception.disturbances
    assert disturbances is not None

    for number in range(600):
        ask(engine, NOW, f"number {number}")
    held = len(disturbances._bound)
    ask(engine, NOW, "large " * 10_000)

    assert 0 < held <= 512
    assert len(disturbances._bound) == held


def test_a_tape_hears_of_every_request_also_where_there_are_no_rules() -> None:
    lines: list[str] = []
    tape = Tape(lines.append)
    engine = build(Settings(), deciding=lambda rules: Recording(rules, tape))

    for _ in range(3):
        ask(engine)

    assert [json.loads(line)["attempt"] for line in lines if "attempt" in line] == [0, 1, 2]


def test_what_decides_may_be_replaced() -> None:
    class Third(Deciding):
        def __init__(self, rules: Deciding) -> None:
            self._rules = rules

        def counters(self, asked: Asked) -> tuple[bytes, ...]:
            return (b"all",)

        def decide(
            self, asked: Asked, attempt: int, counts: Any, now: float, mark: int | None = None
        ) -> Decision | None:
            return self._rules.decide(asked, attempt, (), now, mark) if counts == (2,) else None

    engine = build(Settings(faults=(fault(503),)), deciding=Third)

    assert [ask(engine).status for _ in range(4)] == [200, 200, 503, 200]


schedules = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 400), st.booleans()), min_size=1, max_size=15)


@bounded(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(300, 3_000), schedules)
def test_who_waits_what_it_is_told_is_served_and_a_millisecond_sooner_it_is_not(
    rpm: int, tpm: int, schedule: list[tuple[float, int, bool]]
) -> None:
    engine = made(Script().reply("ok"), limits=(Limit(requests_per_minute=rpm, tokens_per_minute=tpm),))
    now = NOW
    for pause, tokens, obeys in schedule:
        now += pause
        seen = ask(engine, now, max_tokens=tokens)
        wait = seen.headers.get("retry-after-ms")
        assert (wait is None) == (seen.status == 200 or "too large" in seen.json["error"]["message"])
        if wait is not None and obeys:
            early = ask(engine, now + (int(wait) - 1) / 1_000, max_tokens=tokens)
            assert early.status == 429  # and that counted, where there was room
            now += (int(wait) - 1 + int(early.headers["retry-after-ms"])) / 1_000
            assert ask(engine, now, max_tokens=tokens).status == 200


RULES = (
    "429@p=0.4",
    "cut_midstream@p=0.5,per=request,nth=2",
    "500,ok@per=request,contains=a",
    "503@times=1,per=request",
)


@bounded(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "ab", "c", "d"]), max_size=25),
    st.lists(st.sampled_from(RULES), min_size=1, max_size=4),
    st.integers(0, 5),
    st.randoms(use_true_random=False),
)
def test_equal_runs_have_equal_faults_in_any_order(
    texts: list[str], rules: list[str], seed: int, dice: Random
) -> None:
    """Each request meets the same faults at the same attempts, whatever came between, and at either of two
    servers: what happens hangs on seed, rule, request and attempt."""
    shuffled = dice.sample(texts, len(texts))

    assert _faults(texts, rules, seed) == _faults(shuffled, rules, seed)


def _faults(texts: list[str], rules: list[str], seed: int) -> dict[tuple[str, int], tuple[int, str]]:
    engine = made(seed=seed, faults=tuple(parse_fault(rule) for rule in rules))
    attempts: Counter[str] = Counter()
    found = {}
    for text in texts:
        seen = ask(engine, NOW, text, stream=True)
        found[text, attempts[text]] = (seen.status, seen.entry.fault)
        attempts[text] += 1
    return found
