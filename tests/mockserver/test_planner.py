"""Who answers a request, and what is kept of the decision."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest

from understudy.mockserver.chat import Answer, ChatRequest, Choice, Verbatim
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.forms import form_of
from understudy.mockserver.identity import stamp
from understudy.mockserver.planner import Planner, Scripts
from understudy.mockserver.plans import Answered, Spoken
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import Taken, Turn
from understudy.mockserver.wire import RawHeaders, Request

MARK = stamp(0, b"r" * 16, 0, 0.0)
MESSAGES = [{"role": "user", "content": "hi"}]
GOOD = {"model": "gpt-4o", "messages": MESSAGES}


def answer(text: str, **known: Any) -> Answer:
    return Answer((Choice({"role": "assistant", "content": text, "refusal": None}),), **known)


@dataclass
class Source:
    """Counts how often it was asked."""

    asked: list[ChatRequest] = field(default_factory=list)

    def __call__(self, chat: ChatRequest) -> Answer:
        self.asked.append(chat)
        return answer("made up")


@dataclass
class OneSeries:
    """A recording for one model: its replies, one after the other."""

    model: str
    replies: list[Answer | Verbatim]
    near: str | None = "text.json, but model differs"
    key: bytes = b"series"

    def settled(self, position: int) -> int:
        return position

    def offer(self, chat: ChatRequest) -> OneSeries | None:
        return self if chat.model == self.model else None

    def nearest(self, chat: ChatRequest) -> str | None:
        return self.near

    def speak(self, position: int) -> Answer | Verbatim:
        return self.replies[min(position, len(self.replies) - 1)]


def planner(
    recorded: OneSeries | None = None,
    generate: Callable[[ChatRequest], Answer] | None = None,
    scripts: Scripts | None = None,
    **known: Any,
) -> Planner:
    settings = Settings(**known)
    return Planner(settings, form_of(settings.api), generate or Source(), recorded, scripts)


def post(document: Any) -> Request:
    return Request("POST", "/v1/chat/completions", (), json.dumps(document).encode())


def speak(planner: Planner, document: Any, position: int = 0, turn: int = 0) -> Spoken:
    return planner.plan(post(document)).speak(Taken(0, 0, turn, position), MARK)


def said(spoken: Spoken) -> str:
    content: str = json.loads(spoken.body)["choices"][0]["message"]["content"]
    return content


def header(spoken: Spoken, name: bytes) -> bytes | None:
    return dict(spoken.head.headers).get(name)


def test_without_recordings_the_answer_is_made_up() -> None:
    spoken = speak(planner(), GOOD)

    assert (spoken.source, said(spoken), spoken.head.status) == ("generated", "made up", 200)
    assert header(spoken, b"x-understudy-unmatched") is None


def test_a_recording_comes_first_and_in_its_order() -> None:
    chain = planner(OneSeries("gpt-4o", [answer("one"), answer("two")]))

    assert [said(speak(chain, GOOD, position)) for position in (0, 1, 2, 0)] == ["one", "two", "two", "one"]
    assert speak(chain, GOOD).source == "recorded"


def test_a_recording_wins_over_our_judgement() -> None:
    broken = {**GOOD, "temperature": 99}
    chain = planner(OneSeries("gpt-4o", [answer("one")]), models=("other",))

    assert said(speak(chain, broken)) == "one"


def test_the_needs_name_the_series_of_a_recording() -> None:
    chain = planner(OneSeries("gpt-4o", [answer("one")]))

    assert chain.plan(post(GOOD)).needs.turns == (Turn(b"series"),)
    assert chain.plan(post({**GOOD, "model": "gpt-4"})).needs.turns == ()


@pytest.mark.parametrize(
    ("near", "told"),
    [("text.json,\n  but \u201cmodel\u201d", b"text.json, but ?model?"), (None, b"there are no recordings")],
)
def test_an_answer_made_up_for_want_of_a_recording_says_so(near: str | None, told: bytes) -> None:
    chain = planner(OneSeries("other", [], near))

    spoken = speak(chain, GOOD)

    assert spoken.source == "generated"
    assert header(spoken, b"x-understudy-unmatched") == told
    assert spoken.note == (near or "there are no recordings")


def test_the_header_is_bounded() -> None:
    spoken = speak(planner(OneSeries("other", [], "long " * 1_000)), GOOD)

    assert len(header(spoken, b"x-understudy-unmatched") or b"") == 500


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (OneSeries("other", []), "text.json, but model differs"),
        (None, "nothing was scripted or recorded, and on_unmatched is 'fail'"),
    ],
)
def test_or_it_fails_with_the_reason(recorded: OneSeries | None, words: str) -> None:
    chain = planner(recorded, on_unmatched="fail")

    with pytest.raises(Refusal) as refusal:
        speak(chain, GOOD)

    error = refusal.value.error
    assert (error.status, error.type) == (501, "understudy_unmatched")
    assert words in error.message
    assert error.headers == (("x-should-retry", "false"),)


@pytest.mark.parametrize(
    ("document", "models", "status", "code", "param"),
    [
        (GOOD, (), 200, None, None),
        ({**GOOD, "model": "no-such"}, (), 200, None, None),
        ({**GOOD, "model": "no-such"}, ("gpt-4o",), 404, "model_not_found", None),
        # the gateway looks at the model before the backend looks at the rest
        ({**GOOD, "model": "no-such", "temperature": 99}, ("gpt-4o",), 404, "model_not_found", None),
        ({**GOOD, "temperature": 99}, ("gpt-4o",), 400, "decimal_above_max_value", "temperature"),
        ({"messages": MESSAGES}, ("gpt-4o",), 400, None, None),
    ],
)
def test_models_and_breaches_are_refused_in_the_api_s_order(
    document: dict[str, Any], models: tuple[str, ...], status: int, code: str | None, param: str | None
) -> None:
    spoken = speak(planner(models=models), document)

    assert spoken.head.status == status
    if status != 200:
        error = json.loads(spoken.body)["error"]
        assert (error["code"], error["param"]) == (code, param)


def test_a_body_that_looks_like_a_deployment_is_not_taken_for_one() -> None:
    chain = planner()
    body = json.dumps({"messages": MESSAGES}).encode()
    chain.plan(Request("POST", "", (), body), "gpt-4o")

    with pytest.raises(Refusal):
        chain.plan(Request("POST", "", (), b"gpt-4o\n" + body))


def test_a_model_s_name_of_any_length_is_kept_nowhere() -> None:
    with pytest.raises(Refusal) as refusal:
        planner().plan(post({**GOOD, "model": "m" * 300}))

    assert (refusal.value.error.status, refusal.value.error.code) == (404, "model_not_found")


def test_a_large_reply_is_not_kept_with_its_plan() -> None:
    chain = planner(generate=lambda _: answer("x" * 300_000))
    plan = chain.plan(post(GOOD))
    bodies = {plan.speak(Taken(0, 0), MARK).body for _ in range(2)}

    assert isinstance(plan, Answered)
    assert plan._laid is None
    assert len(bodies) == 1


def test_headers_of_an_answer_replace_those_that_would_be_sent_but_for_the_length() -> None:
    own = (("X-Request-Id", "req_own"), ("content-type", "text/x"), ("Content-Length", "1"), ("x-more", "1"))
    spoken = speak(planner(generate=lambda _: answer("x", headers=own)), GOOD)

    names = [name for name, _ in spoken.head.headers]
    assert header(spoken, b"x-request-id") == b"req_own"
    assert header(spoken, b"content-type") == b"text/x"
    assert header(spoken, b"content-length") == b"%d" % len(spoken.body)
    assert header(spoken, b"x-more") == b"1"
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("over", "usage"),
    [
        ({"completion_tokens": 90}, {"completion_tokens": 90, "total_tokens": 98}),
        ({"prompt_tokens": None}, {"prompt_tokens": None, "total_tokens": 9}),
        ({"total_tokens": 7}, {"total_tokens": 7}),
        ({"prompt_tokens_details": {"cached_tokens": 5}}, {"total_tokens": 9}),
    ],
)
def test_usage_may_be_laid_over_what_is_counted(over: dict[str, Any], usage: dict[str, Any]) -> None:
    spoken = speak(planner(generate=lambda _: answer("x", usage_over=over)), GOOD)

    assert spoken.usage is not None
    assert spoken.usage.items() >= usage.items()
    assert spoken.usage["prompt_tokens_details"]["audio_tokens"] == 0


def test_lenient_a_breach_is_noted_and_answered() -> None:
    chain = planner(lenient=True)
    plan = chain.plan(post({**GOOD, "temperature": 99}))

    assert [violation.rule for violation in plan.violations] == ["decimal_above_max_value"]
    assert plan.speak(Taken(0, 0), MARK).head.status == 200


def test_a_deployment_names_the_model_of_bodies_that_name_none() -> None:
    chain = planner()
    body = post({"messages": MESSAGES})

    assert chain.plan(body, "gpt-4o").model == "gpt-4o"
    assert chain.plan(body, "gpt-4").model == "gpt-4"
    assert chain.plan(post(GOOD), "gpt-4").model == "gpt-4o"
    assert chain.plan(body).model == ""


@dataclass
class Rule:
    """A rule for one text of the user: its replies, one after the other."""

    user: str
    replies: list[Answer | Refusal]
    turn: Turn
    name: str = "rule"

    def settled(self, position: int) -> int:
        return position

    def say(self, position: int) -> Answer:
        reply = self.replies[position]
        if isinstance(reply, Refusal):
            raise reply
        return reply


@dataclass
class Rules:
    rules: list[Rule]
    version: int = 0
    personal: bool = False

    def offer(self, chat: ChatRequest, headers: RawHeaders) -> list[Rule]:
        return [rule for rule in self.rules if rule.user == chat.messages[-1]["content"]]

    def nearest(self, chat: ChatRequest, headers: RawHeaders) -> str | None:
        return None if not self.rules else "rule: user is not 'hi'"


def test_scripts_come_before_recordings_and_these_before_invention() -> None:
    rules = Rules([Rule("hi", [answer("scripted")], Turn(b"rule", 1))])
    recorded = OneSeries("gpt-4o", [answer("recorded")])
    chain = planner(recorded, scripts=rules)

    assert chain.plan(post(GOOD)).needs.turns == (Turn(b"rule", 1), Turn(b"series"))
    assert [speak(chain, GOOD, turn=turn).source for turn in (0, 1)] == ["scripted", "recorded"]
    assert [said(speak(chain, GOOD, turn=turn)) for turn in (0, 1)] == ["scripted", "recorded"]


def test_after_the_last_turn_the_answer_is_made_up_and_says_why() -> None:
    chain = planner(scripts=Rules([Rule("hi", [answer("scripted")], Turn(b"rule", 1))]))

    assert said(speak(chain, GOOD, turn=1)) == "made up"
    assert header(speak(chain, GOOD, turn=1), b"x-understudy-unmatched") == b"rule: user is not 'hi'"


def test_a_rule_without_a_limit_leaves_nothing_to_others() -> None:
    chain = planner(OneSeries("gpt-4o", []), scripts=Rules([Rule("hi", [answer("x")], Turn(b"rule"))]))

    assert chain.plan(post(GOOD)).needs.turns == (Turn(b"rule"),)


def test_a_scripted_error_is_the_reply_and_no_complaint() -> None:
    busy = Refusal(ApiError(503, "busy", type="server_error"))
    chain = planner(scripts=Rules([Rule("hi", [busy, answer("done")], Turn(b"rule"))]))

    first, second = (speak(chain, GOOD, position) for position in (0, 1))

    assert (first.head.status, first.source, first.note) == (503, "scripted", "")
    assert said(second) == "done"


def test_plans_are_made_anew_when_the_rules_change() -> None:
    rules = Rules([])
    chain = planner(scripts=rules)
    before = speak(chain, GOOD).source
    rules.rules.append(Rule("hi", [answer("scripted")], Turn(b"rule")))
    rules.version += 1

    assert (before, speak(chain, GOOD).source) == ("generated", "scripted")


def test_rules_that_look_beyond_the_body_are_asked_every_time() -> None:
    chain = planner(scripts=Rules([], personal=True))

    assert chain.plan(post(GOOD)) is not chain.plan(post(GOOD))


def test_a_body_that_is_no_object_is_a_refusal() -> None:
    with pytest.raises(Refusal):
        planner().plan(post([]))


def test_usage_is_counted_where_the_answer_brings_none() -> None:
    counted = speak(planner(), GOOD).usage
    brought = speak(planner(generate=lambda _: answer("x", usage={"total_tokens": 5_000})), GOOD)

    assert counted is not None
    assert counted["total_tokens"] == counted["prompt_tokens"] + counted["completion_tokens"] > 2
    assert brought.usage == {"total_tokens": 5_000}
    assert header(brought, b"x-ratelimit-remaining-tokens") == b"9995000"


@pytest.mark.parametrize(
    ("headers", "length", "request_id"),
    [
        ([("content-type", "application/json")], b"4", MARK.request_id.encode()),
        ([("content-type", "text/event-stream")], None, MARK.request_id.encode()),
        ([("content-type", "text/plain"), ("x-request-id", "req_own")], b"4", b"req_own"),
    ],
)
def test_a_reply_kept_whole_goes_out_as_it_was(
    headers: list[tuple[str, str]], length: bytes | None, request_id: bytes
) -> None:
    spoken = speak(planner(OneSeries("gpt-4o", [Verbatim(429, headers, b"\xff{} ")])), GOOD)

    assert (spoken.head.status, spoken.body, spoken.source) == (429, b"\xff{} ", "recorded")
    assert header(spoken, b"content-length") == length
    assert header(spoken, b"x-request-id") == request_id


def test_equal_bodies_are_planned_and_answered_once() -> None:
    source = Source()
    chain = planner(generate=source)

    plans = [chain.plan(post(GOOD)) for _ in range(3)]
    bodies = {plan.speak(Taken(0, 0), MARK).body for plan in plans}

    assert plans[0] is plans[1] is plans[2]
    assert (len(bodies), len(source.asked)) == (1, 1)


def test_kept_plans_are_bounded_in_number_and_size() -> None:
    chain = planner()
    for number in range(600):
        chain.plan(post({**GOOD, "seed": number}))
    large = post({**GOOD, "user": "u" * 40_000})

    assert len(chain._plans) == 512
    assert chain.plan(large) is not chain.plan(large)


def test_threads_may_fill_the_kept_plans_together() -> None:
    chain, failures = planner(), list[Exception]()
    bodies = [post({"seed": number}) for number in range(1_500)]

    def ask(start: int) -> None:
        try:
            for body in bodies[start::4]:
                chain.plan(body)
        except Exception as failure:
            failures.append(failure)

    pace = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=ask, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(pace)

    assert failures == []
    assert len(chain._plans) <= 512
