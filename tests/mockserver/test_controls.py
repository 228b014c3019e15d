"""What is changed of an engine while it answers, seen by what it answers next."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any

import pytest

from understudy.mockserver.build import build
from understudy.mockserver.controls import PARTS, Controls
from understudy.mockserver.faults.rules import fail, fault
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.scripts.rule import Rule
from understudy.mockserver.scripts.scenario import read_scenario
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request

NOW = 1_700_000_000.0


class House:
    """An engine, its controls, and a client that asks it."""

    def __init__(self, **known: Any) -> None:
        self.engine = build(Settings(**known))
        self.controls = Controls(self.engine)

    def ask(self, text: str = "hi", now: float = NOW, **more: Any) -> tuple[int, Any]:
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}
        request = Request(
            "POST", "/v1/chat/completions", [(b"authorization", b"Bearer sk-1")], json.dumps(body).encode()
        )
        reply = self.engine.handle(request, now)
        head = next(step for step in reply.steps if isinstance(step, Head))
        self.engine.close(reply, "sent", now)
        return head.status, json.loads(reply.entry.reply)

    def says(self, text: str = "hi") -> str:
        return str(self.ask(text)[1]["choices"][0]["message"]["content"])


def rule(**members: Any) -> Rule:
    return read_scenario(json.dumps({"rules": [members]}), "test")[0]


def saying(*texts: str, **more: Any) -> Rule:
    return rule(replies=list(texts), **more)


def test_rules_come_and_go_with_an_engine_that_had_none() -> None:
    house = House()
    made_up = house.says()
    first, second = saying("One."), saying("Two.")

    house.controls.add_rules([first])
    assert house.says() == "One."
    house.controls.replace_rule(first, second)
    assert (house.says(), house.controls.rules) == ("Two.", (second,))
    house.controls.remove_rules([second])
    assert (house.says(), house.controls.rules) == (made_up, ())


def test_those_that_stay_go_on_where_they_were() -> None:
    house = House()
    gone, stays = saying("Gone.", times=1), saying("One.", "Two.", "Three.")
    house.controls.add_rules([gone, stays])

    said = [house.says(), house.says()]
    house.controls.remove_rules([gone])
    said.append(house.says())
    house.controls.add_rules([saying("Never.")])

    assert [*said, house.says()] == ["Gone.", "One.", "Two.", "Three."]


def test_a_rule_that_is_unknown_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match="not \\(or no more\\) a rule"):
        House().controls.replace_rule(saying("a"), saying("b"))


def test_faults_hold_from_the_next_request_on_and_keep_their_counts() -> None:
    house = House()
    twice = fail(429, times=2)

    house.controls.set_faults([twice])
    seen = [house.ask()[0]]
    house.controls.set_faults([twice, fault("html_502", nth=99)])
    seen += [house.ask()[0], house.ask()[0]]
    house.controls.set_faults([fail(503)])
    seen.append(house.ask()[0])
    house.controls.set_faults([])

    assert [*seen, house.ask()[0]] == [429, 429, 200, 503, 200]


def test_a_fault_that_is_added_waits_for_what_is_left_of_those_before() -> None:
    house = House(faults=(fail(429, times=2),))
    seen = [house.ask()[0] for _ in range(3)]
    house.controls.set_faults([*house.controls.faults, fail(503, times=1)])
    seen += [house.ask()[0] for _ in range(2)]
    house.controls.set_faults([*house.controls.faults, fail(500, times=2)])
    seen.append(house.ask()[0])
    house.controls.set_faults([*house.controls.faults, fail(408, times=1)])
    seen += [house.ask()[0] for _ in range(3)]

    assert seen == [429, 429, 200, 503, 200, 500, 500, 408, 200]
    house.controls.reset(["counters"])
    assert [house.ask()[0] for _ in range(7)] == [429, 429, 503, 500, 500, 408, 200]


def test_a_window_of_time_is_not_begun_anew_by_another_fault() -> None:
    house = House(faults=(fail(503, window=(0, 10)),))
    assert house.ask(now=NOW)[0] == 503

    house.controls.set_faults([*house.controls.faults, fail(500, nth=99)])

    assert house.ask(now=NOW + 11)[0] == 200


def test_a_reset_begins_windows_of_time_anew() -> None:
    house = House(faults=(fail(503, window=(0, 10)),))
    seen = [house.ask(now=NOW)[0], house.ask(now=NOW + 11)[0]]
    house.controls.reset(["counters"])

    assert [*seen, house.ask(now=NOW + 50)[0], house.ask(now=NOW + 61)[0]] == [503, 200, 503, 200]


def test_what_was_used_of_a_limit_stays_used_when_its_number_changes() -> None:
    house = House()
    house.controls.set_limits([Limit(requests_per_minute=3)])
    assert [house.ask()[0] for _ in range(2)] == [200, 200]

    house.controls.set_limits([Limit(requests_per_minute=2)])

    assert house.ask()[0] == 429
    house.controls.reset(["counters"])
    assert [house.ask()[0] for _ in range(3)] == [200, 200, 429]


def test_the_seed_changes_what_is_made_up_and_what_is_left_to_chance() -> None:
    house = House()
    house.controls.add_rules([rule(reply="{{ fake.name() }}", when={"user": "who"})])
    first, who = house.says(), house.says("who")

    house.controls.set_seed(7)
    assert house.controls.seed == 7
    assert (house.says(), house.says("who")) != (first, who)
    assert House(seed=7).says() == house.says()
    house.controls.reset(["seed"])
    assert (house.says(), house.says("who")) == (first, who)


def test_a_reset_goes_back_to_how_everything_was() -> None:
    house = House(seed=3, faults=(fail(429, times=1),), limits=(Limit(requests_per_day=4),))
    first = [house.ask()[0] for _ in range(6)]
    assert first == [429, 200, 200, 200, 429, 429]
    house.controls.add_rules([saying("x")])
    house.controls.set_faults([])
    house.controls.set_limits([])
    house.ask(store=True)

    house.controls.reset()

    assert (len(house.controls.journal), house.controls.ledger.rows(), house.controls.rules) == (0, (), ())
    assert [house.ask()[0] for _ in range(6)] == first


def test_every_part_can_be_reset_by_itself() -> None:
    house = House()
    for part in PARTS:
        house.controls.reset([part])

    assert house.ask()[0] == 200


def test_two_threads_that_change_things_lose_nothing() -> None:
    house = House()

    def define(name: str) -> None:
        for number in range(50):
            house.controls.add_rules([saying(f"{name}{number}", times=1)])
            house.controls.set_limits([Limit(requests_per_minute=10_000)])

    threads = [Thread(target=define, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({house.says() for _ in range(100)}) == 100
