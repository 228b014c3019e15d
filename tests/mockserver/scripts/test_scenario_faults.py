"""Scenario files with faults and limits, beside rules and alone."""

from __future__ import annotations

import re

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.faults.when import TIMES
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.limits.tiers import limits_of_tier
from understudy.mockserver.scripts.read_when import KEYS
from understudy.mockserver.scripts.scenario import read_scenario, read_whole, schema

FAULTS = """
faults:
  - 503
  - rate_limit:retry_after=20@times=2,model=gpt*
  - fault: cut_midstream
    parameters: {after_events: 3}
    p: 0.1
    match: {stream: true, key: sk-*, user: {contains: a}}
  - {sequence: [429, 'rate_limit:retry_after=3', ok], then: cycle}
  - {fault: 500, nth: [1, 3]}
  - {fault: no_done, window: 10..20}
"""


def test_faults_are_read_with_their_places() -> None:
    scenario = read_whole(FAULTS, "s.yaml")

    assert scenario.rules == ()
    assert [(str(rule), rule.place) for rule in scenario.faults] == [
        ("503", "s.yaml:3"),
        ("rate_limit:retry_after=20@times=2,model=gpt*", "s.yaml:4"),
        (
            'cut_midstream:after_events=3@p=0.1,{"key": "sk-*", "stream": true, "user": {"contains": "a"}}',
            "s.yaml:5",
        ),
        ("429,rate_limit:retry_after=3,ok@then=cycle", "s.yaml:9"),
        ("500@nth=1|3", "s.yaml:10"),
        ("no_done@window=10..20,stream=true", "s.yaml:11"),
    ]


def test_rules_and_faults_stand_beside_one_another() -> None:
    scenario = read_whole("rules: [{reply: Hi}]\nfaults: [429]", "s.yaml")

    assert (len(scenario.rules), len(scenario.faults)) == (1, 1)
    assert read_scenario("faults: [429]", "s.yaml") == ()


def test_faults_match_by_all_that_rules_ask() -> None:
    whole, *_ = (one for one in schema()["$defs"]["fault"]["anyOf"] if one["type"] == "object")

    assert set(whole["properties"]["match"]["properties"]) == {*KEYS, "key", "path"}
    assert set(whole["properties"]) == {*TIMES, "fault", "sequence", "parameters", "match"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("faults: [700]", "s.yaml:1: $.faults[0]: 700 is above 599"),
        ("faults: [{falt: 3}]", "s.yaml:1: $.faults[0].falt: unknown key; nearest is 'fault'"),
        (
            "faults:\n- 503\n- rate_limt",
            "s.yaml:3: $.faults[1]: there is no fault 'rate_limt'; nearest is 'rate_limit'",
        ),
        ("faults: [{fault: 503, sequence: [429]}]", "this one has fault and sequence"),
        (
            "faults: [{fault: 503, match: {modl: x}}]",
            "$.faults[0].match.modl: unknown key; nearest is 'model'",
        ),
        ("faults: [{fault: 503, match: {user: {regex: '('}}}]", "$.faults[0]: user: the pattern '('"),
        ("name: nothing", "s.yaml:1: $: needs 'rules'"),
    ],
)
def test_mistakes_in_faults_are_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        read_whole(text, "s.yaml")


LIMITS = """
limits:
  - {requests_per_minute: 60, model: "gpt-4o*", scope: [key]}
  - {concurrency: 5, scope: []}
  - tier: tier1
"""


def test_limits_are_read() -> None:
    scenario = read_whole(LIMITS, "s.yaml")

    assert scenario.rules == scenario.faults == ()
    assert scenario.limits == (
        Limit(requests_per_minute=60, model="gpt-4o*", scope=("key",)),
        Limit(concurrency=5, scope=()),
        *limits_of_tier("tier1"),
    )


def test_tiers_are_those_of_the_profile() -> None:
    assert read_whole(LIMITS, "s.yaml", profile("openai")) == read_whole(LIMITS, "s.yaml")

    with pytest.raises(ValueError, match=r"^s\.yaml:5: \$\.limits\[2\]: no tier 'tier1': .* profile groq is"):
        read_whole(LIMITS, "s.yaml", profile("groq"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "limits:\n- {requests_per_minut: 3}",
            "s.yaml:2: $.limits[0].requests_per_minut: unknown key; nearest is 'requests_per_minute'",
        ),
        ("limits: [{tier: gold}]", "s.yaml:1: $.limits[0].tier: 'gold' is none of 'free', 'tier1'"),
        ("limits: [{concurrency: 0}]", "s.yaml:1: $.limits[0].concurrency: 0 is below 1"),
        ("limits:\n\n- model: gpt-4o", "s.yaml:3: $.limits[0]: a limit limits nothing; give one of"),
        ("limits: [{tier: free, concurrency: 1}]", "$.limits[0]: a tier brings its own numbers"),
        ("limits: {concurrency: 1}", "s.yaml:1: $.limits: expected array"),
    ],
)
def test_mistakes_in_limits_are_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        read_whole(text, "s.yaml")


def test_mistakes_of_all_parts_are_told_at_once() -> None:
    text = "rules: [{reply: {template: '{{ nobody.x'}}]\nfaults: [rate_limt]\nlimits: [{model: x}]\n"

    with pytest.raises(ValueError, match=r"^s\.yaml:1: .*\ns\.yaml:2: .*\ns\.yaml:3: "):
        read_whole(text, "s.yaml")
