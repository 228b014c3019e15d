from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.chat import Verbatim, read_chat
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.decisions import Decider, Decision
from understudy.mockserver.faults.match import Asked
from understudy.mockserver.faults.rules import fail, fault, parse_fault
from understudy.mockserver.identity import stamp
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.wire import Cut, Head, Send

STARTED = 1_790_000_000.0
OPENAI = profile("openai")


def ask(text: str = "Hi", model: str = "gpt-4o", *, stream: bool = False) -> Asked:
    chat = read_chat({"model": model, "stream": stream, "messages": [{"role": "user", "content": text}]})
    return Asked("/v1/chat/completions", "sk-test", chat.fingerprint, Facts(chat))


class Server:
    """What an engine does around a decider: it counts requests and counters."""

    def __init__(self, *specs: str, seed: int = 0) -> None:
        self.decider = Decider([parse_fault(spec) for spec in specs], seed, OPENAI, STARTED)
        self.counted: Counter[bytes] = Counter()
        self.attempts: Counter[bytes] = Counter()

    def decide(self, asked: Asked, elapsed: float = 0.0) -> Decision | None:
        keys = self.decider.counters(asked)
        counts = [self.counted[key] for key in keys]
        self.counted.update(keys)
        attempt = self.attempts[asked.fingerprint]
        self.attempts[asked.fingerprint] += 1
        return self.decider.decide(asked, attempt, counts, STARTED + elapsed)

    def said(self, asked: Asked, elapsed: float = 0.0) -> str:
        decision = self.decide(asked, elapsed)
        return "-" if decision is None else str(decision.trouble)


def came(server: Server, asked: Sequence[Asked]) -> list[str]:
    return [server.said(one) for one in asked]


@pytest.mark.parametrize(
    ("specs", "faults"),
    [
        (["503@times=2"], "503 503 - - - -"),
        (["503@nth=3"], "- - 503 - - -"),
        (["503@nth=2|4"], "- 503 - 503 - -"),
        (["503@every=2"], "- 503 - 503 - 503"),
        (["429,429,ok"], "429 429 ok - - -"),
        (["429,ok@then=cycle"], "429 ok 429 ok 429 ok"),
        (["429@times=2", "503@times=1", "500"], "429 429 503 500 500 500"),
        (["429,503", "500@times=1", "409,ok"], "429 503 500 409 ok -"),
        (["429@times=1", "503@nth=1|3"], "429 - 503 - - -"),
        (["429@nth=2", "500"], "500 429 500 500 500 500"),
        (["ok@model=gpt-4*", "503"], "ok ok ok ok ok ok"),
        (["503@model=o1"], "- - - - - -"),
        (["429@times=1", "503@times=1,model=gpt*"], "429 - - - - -"),
    ],
)
def test_the_first_rule_that_hits_decides(specs: list[str], faults: str) -> None:
    assert came(Server(*specs), [ask(str(number)) for number in range(6)]) == faults.split()


def test_counts_are_of_what_matches() -> None:
    server = Server("503@times=1,model=gpt*")

    assert came(server, [ask(model="o1"), ask(model="gpt-4o"), ask(model="gpt-4o")]) == ["-", "503", "-"]
    assert server.decider.counters(ask(model="o1")) == ()


def test_attempts_of_each_request_can_be_counted() -> None:
    server = Server("503@times=1,per=request")

    assert came(server, [ask("a"), ask("b"), ask("a"), ask("b")]) == ["503", "503", "-", "-"]
    assert server.decider.counters(ask("a")) == ()


def test_a_window_counts_from_the_start() -> None:
    server = Server("503@window=10..20")

    assert [server.said(ask(), elapsed) for elapsed in (0, 10, 19.5, 20)] == ["-", "503", "503", "-"]


def test_a_share_is_hit_and_no_other() -> None:
    server = Server("503@p=0.25", seed=7)

    hits = [server.said(ask(str(number))) for number in range(4000)].count("503")

    assert 900 < hits < 1100


def test_draws_depend_on_seed_rule_request_and_attempt() -> None:
    several = [ask(str(number)) for number in range(100)]

    def hits(*specs: str, seed: int = 0) -> list[str]:
        return came(Server(*specs, seed=seed), several)

    server = Server("503@p=0.5")
    assert came(server, several) == hits("503@p=0.5") != came(server, several)
    assert hits("503@p=0.5") != hits("503@p=0.5", seed=1)
    assert hits("503@p=0.5") != [said.replace("500", "503") for said in hits("500@p=0.5")]
    assert hits("503@p=0.5") == hits("429@model=o1", "503@p=0.5")


def test_the_order_in_which_a_match_is_written_makes_no_difference() -> None:
    several = [ask(str(number)) for number in range(100)]

    one, other = Server("503@p=0.5,model=gpt-4o,stream=false"), Server("503@p=0.5,stream=false,model=gpt-4o")

    assert came(one, several) == came(other, several)


def test_keys_that_are_masked_alike_count_and_draw_by_themselves() -> None:
    keys = ("sk-test-aaaa-wxyz", "sk-test-bbbb-wxyz")
    texts = [str(number) for number in range(100)]

    def hits(key: str, when: str) -> list[str]:
        rules = Server(f"503@{when},key={key}")
        return came(rules, [ask(text)._replace(key=key) for text in texts])

    assert hits(keys[0], "p=0.5") == hits(keys[0], "p=0.5") != hits(keys[1], "p=0.5")
    counters = {Server(f"503@times=1,key={key}").decider.counters(ask()._replace(key=key)) for key in keys}
    assert len(counters) == 2


SPECS = [
    "503@p=0.3",
    "cut_midstream@p=0.5,stream=true",
    "429@times=1,per=request,p=0.5",
    "500,ok@per=request",
]


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40),
    st.integers(0, 2**32),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_order_and_workers_change_nothing(
    texts: list[str], seed: int, workers: int, chance: random.Random
) -> None:
    rules = [parse_fault(spec) for spec in SPECS]
    attempts: defaultdict[str, int] = defaultdict(int)
    requests = []
    for text in texts:
        requests.append((text, attempts[text]))
        attempts[text] += 1

    def run(order: Sequence[tuple[str, int]], count: int) -> dict[tuple[str, int], str]:
        several = [Decider(rules, seed, OPENAI, STARTED) for _ in range(count)]
        found = {}
        for text, attempt in order:
            decider = chance.choice(several)
            assert decider.counters(ask(text, stream=text < "d")) == ()
            decision = decider.decide(ask(text, stream=text < "d"), attempt, (), STARTED)
            found[text, attempt] = "-" if decision is None else str(decision.trouble)
        return found

    shuffled = list(requests)
    chance.shuffle(shuffled)
    assert run(requests, 1) == run(shuffled, workers)


def test_an_error_is_made_for_its_request() -> None:
    decider = Decider([fail("server_error"), fail(503)], 3, OPENAI)
    asked = ask(model="gpt-9")

    decision = decider.decide(asked, 2, (), STARTED)

    assert decision is not None
    assert isinstance(decision.error, ApiError)
    assert stamp(3, asked.fingerprint, 2, STARTED).request_id in decision.error.message
    assert decision.rewrite is None


def test_a_page_comes_as_it_is_and_a_date_from_now() -> None:
    decider = Decider([fail("gateway_html_502", retry_after="date:+20s")], 0, OPENAI)

    decision = decider.decide(ask(), 0, (), 0.0)

    assert decision is not None
    assert isinstance(decision.error, Verbatim)
    assert dict(decision.error.headers)["retry-after"] == "Thu, 01 Jan 1970 00:00:20 GMT"


def test_a_fault_of_the_catalogue_is_a_rewrite() -> None:
    decider = Decider([fault("cut_midstream", after_events=1)], 0, OPENAI)
    stream = [Head(200, [(b"content-type", b"text/event-stream")]), Send(b"data: 1\n\ndata: 2\n\n")]

    first, second = (decider.decide(ask(), attempt, (), STARTED) for attempt in range(2))

    assert first is not None
    assert second is not None
    assert first.error is None
    assert first.rewrite is not None
    assert first.rewrite is second.rewrite
    assert list(first.rewrite(stream)) == [stream[0], Send(b"data: 1\n\n"), Cut()]


def test_equal_rules_count_and_draw_by_themselves() -> None:
    server = Server("503@p=0.5", "503@p=0.5")

    hits = [server.said(ask(str(number))) for number in range(1000)].count("503")

    assert 700 < hits < 800
    assert len(set(Server("503@times=1", "503@times=1").decider.counters(ask()))) == 2


def test_what_is_no_chat_request_is_hit_only_by_path() -> None:
    models = Asked("/v1/models", "sk-test", b"models")

    assert Server("503").said(models) == "-"
    assert Server("503@path=/v1/*").said(models) == "503"
