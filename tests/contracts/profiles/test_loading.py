"""Profiles are read from data: the built-in ones, and those that users lay over them."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from understudy.contracts import check_request
from understudy.contracts.documents import schema
from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.contracts.profiles.profile import ErrorFact, Field, Model, Prices, Profile, Retry
from understudy.contracts.requests.findings import RULES

FOLDER = files("understudy.contracts.profiles")
SCHEMA = json.loads((FOLDER / "profile.schema.json").read_text("utf-8"))
REPLY = json.loads((FOLDER / "reply.schema.json").read_text("utf-8"))


def data(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "data" / f"{name}.json").read_text("utf-8"))
    return found


def field(found: Profile, name: str) -> Field | None:
    return next((one for one in found.fields if one.name == name), None)


@pytest.mark.parametrize("name", names())
def test_each_built_in_file_is_as_its_schema_says(name: str) -> None:
    reply = Resource.from_contents(REPLY, default_specification=DRAFT202012)
    registry: Any = Registry().with_resource("reply.schema.json", reply)

    jsonschema.Draft202012Validator(SCHEMA, registry=registry).validate(data(name))

    assert profile(name).name == name
    assert profile(name).title
    assert profile(name).about


@pytest.mark.parametrize("name", names())
def test_every_entry_has_a_source(name: str) -> None:
    found = profile(name)
    entries = (*found.fields, *found.models, *found.errors.values(), *found.retry)
    prices = [model.prices for model in found.models if model.prices is not None]

    assert found.source
    assert [entry for entry in (*entries, *prices) if not entry.source] == []
    sections = [part for part in ("roles", "waived") if getattr(found, part)]
    assert [part for part in sections if part not in found.sources] == []


@pytest.mark.parametrize("name", names())
def test_only_rules_that_there_are_are_waived(name: str) -> None:
    assert profile(name).waived <= set(RULES)


def test_the_schemas_are_sound() -> None:
    for one in (SCHEMA, REPLY):
        jsonschema.Draft202012Validator.check_schema(one)


def test_openai_comes_first_and_the_others_by_name() -> None:
    assert names()[0] == "openai"
    assert list(names()[1:]) == sorted(names()[1:])
    assert {"bytespike", "toapis", "compatible"} < set(names())


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="no profile 'opnai'; there are: openai, "):
        profile("opnai")
    with pytest.raises(ValueError, match=r"no profile '\.\./secrets'"):
        profile("../secrets")


def test_openai_documents_the_fields_of_its_contract() -> None:
    ruled = schema("request")["properties"]

    assert {one.name for one in profile("openai").fields} == set(ruled)
    for one in profile("openai").fields:
        says = ruled[one.name]
        assert one.minimum == says.get("minimum"), one.name
        assert (one.max_items, one.max_length) == (says.get("maxItems"), says.get("maxLength")), one.name
        if "enum" in says:
            assert set(one.values) == {value for value in says["enum"] if value is not None}, one.name
        if one.name != "top_logprobs":  # its cap is the family's, and worded otherwise
            assert one.maximum == says.get("maximum"), one.name


def test_a_profile_of_ones_own_is_laid_over_a_built_in_one() -> None:
    mine = read_profile(
        """
        name: mine
        extends: toapis
        fields:
          max_tokens: {maximum: 100}
          stop: null
          zeal: {types: [integer], maximum: 2.5, default: [1.5]}
        models:
          "gpt-*": {context: 10, prices: {input: 0.1, output: "1.25", cached_input: null}}
          gpt-5-4-mini: {output: 7}
        errors:
          429: {code: too_much, billed: true}
          529: {type: busy, variants: [{when: full}]}
        retry: [{statuses: ["529"], waits: [0.5, 1], jitter: true}]
        notes: {model: null, mine: yes}
        """,
        "mine.yaml",
    )

    assert (mine.name, mine.title, mine.source, mine.contract) == ("mine", "", "", "compatible")
    assert field(mine, "stop") is None
    capped, zeal = field(mine, "max_tokens"), field(mine, "zeal")
    assert capped is not None
    assert (capped.types, capped.minimum, capped.maximum) == (("integer",), 1, 100)
    assert zeal is not None
    assert (zeal.maximum, zeal.default) == (2.5, [1.5])
    assert [model.models for model in mine.models] == ["gpt-*", "gpt-5-4-mini"]
    assert mine.models[0].prices == Prices(Decimal("0.1"), Decimal("1.25"))
    assert mine.models[1].output == 7
    assert mine.models[1].prices is not None
    assert mine.errors["429"].type == "rate_limit_error"
    assert (mine.errors["429"].code, mine.errors["429"].billed) == ("too_much", True)
    assert mine.errors["529"].variants[0].when == "full"
    assert mine.retry == (Retry(("529",), (0.5, 1), jitter=True),)
    assert "model" not in mine.notes
    assert mine.notes["mine"] == "yes"
    assert mine.roles == profile("toapis").roles


def test_what_is_overridden_has_its_own_source_or_none() -> None:
    mine = read_profile(
        """
        name: mine
        extends: toapis
        roles: [user]
        quota: '402'
        fields:
          max_tokens: {maximum: 100}
          temperature: {maximum: 1, source: our gateway}
          stop: {}
        models:
          gpt-5-4-mini: {output: 7}
        errors:
          429: {code: too_much}
        sources: {quota: our gateway}
        """,
        "mine.yaml",
    )
    theirs = profile("toapis")
    source = {one.name: one.source for one in mine.fields}
    stop = field(theirs, "stop")

    assert (source["max_tokens"], source["temperature"]) == ("", "our gateway")
    assert stop is not None
    assert source["stop"] == stop.source != ""  # nothing of it was overridden
    assert (mine.models[0].source, mine.errors["429"].source) == ("", "")
    assert mine.models[0].prices == theirs.models[0].prices
    assert "roles" in theirs.sources
    assert "roles" not in mine.sources
    assert mine.sources["quota"] == "our gateway"
    assert mine.sources["reply"] == theirs.sources["reply"]


def test_a_note_of_ones_own_has_no_inherited_source() -> None:
    mine = read_profile("name: mine\nextends: mistral\nnotes: {tool_choice: auto only}", "mine.yaml")

    assert "tool_choice" in profile("mistral").sources
    assert mine.notes["tool_choice"] == "auto only"
    assert "tool_choice" not in mine.sources


def test_null_takes_away_what_the_contract_leaves_open() -> None:
    mine = read_profile("name: mine\nextends: azure\nfields: {data_sources: null}", "mine.yaml")

    assert field(mine, "data_sources") is None
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "data_sources": []}
    assert check_request(document, profile="azure") == ()
    assert [one.rule for one in check_request(document, profile=mine)] == ["unknown_parameter"]


def test_a_profile_need_not_extend_another() -> None:
    assert read_profile('{"name": "mine"}', "mine.json") == Profile("mine")


def test_a_template_of_a_reply_is_replaced_and_its_stream_merged() -> None:
    mine = read_profile(
        'name: mine\nextends: bytespike\nreply: {choice: {index: "$index"}, stream: {done: false}}',
        "mine.yaml",
    )

    assert mine.reply["choice"] == {"index": "$index"}
    assert set(mine.reply["stream"]) == {"chunk", "done"}
    assert mine.reply["usage"] == profile("bytespike").reply["usage"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "m.yaml:1: $: expected object, got null"),
        ("title: x", "m.yaml:1: $: needs 'name'"),
        ("name: mine\nextends: toapi", "m.yaml:2: $.extends: no profile 'toapi'; nearest is 'toapis'"),
        (
            "name: mine\nextend: toapis",
            "m.yaml:2: $.extend: unknown key; nearest is 'extends'; allowed: $schema",
        ),
        ("name: mine\nname: yours", "m.yaml:2: the key 'name' stands twice, first on line 1"),
        (
            "name: m\nfields:\n  a: {maximun: 3}",
            "m.yaml:3: $.fields.a.maximun: unknown key; nearest is 'maximum'",
        ),
        ("name: m\nfields:\n  a: {types: [int]}", "m.yaml:3: $.fields.a.types[0]: 'int' is none of"),
        (
            "name: m\nfields:\n  a:\n    minimum: 3\n    maximum: 1",
            "m.yaml:4: $.fields.a.minimum: 3 is above the",
        ),
        (
            "name: m\nextends: toapis\nfields:\n  top_p: {minimum: 2}",
            "m.yaml:4: $.fields.top_p.minimum: 2 is above",
        ),
        ("name: m\nroles: [user, bot]", "m.yaml:2: $.roles[1]: 'bot' is none of"),
        (
            "name: m\nwaived:\n- json_word",
            "m.yaml:3: $.waived[0]: no rule 'json_word'; nearest is 'json_word_missing'",
        ),
        ("name: m\nerrors:\n  5xx: {}\n  40: {}", "m.yaml:4: $.errors['40']: '40' is not a key for here"),
        (
            "name: m\nerrors: {200: {}}",
            "'200' is not a key for here (A status from 400 to 599, or 4xx or 5xx.)",
        ),
        ("name: m\nerrors:\n  999: {}", "m.yaml:3: $.errors['999']: '999' is not a key for here"),
        ("name: m\nerrors:\n  6xx: {}", "m.yaml:3: $.errors['6xx']: '6xx' is not a key for here"),
        (
            "name: m\nextends: openai\nfields:\n  temperature: null",
            "m.yaml:4: $.fields.temperature: null takes no 'temperature' away from the contract openai",
        ),
        ("name: m\nfields: {n: null}", "m.yaml:2: $.fields.n: null takes no 'n' away"),
        ("name: m\nmodels:\n  a: {prices: {input: 1}}", "m.yaml:3: $.models.a.prices: needs 'output'"),
        ("name: m\nmodels:\n  a: {prices: {input: -1, output: 1}}", "$.models.a.prices.input: -1 is below 0"),
        ("name: m\nquota: 200", "m.yaml:2: $.quota: expected string, got 200"),
        ('{"name": "m",\n "title": 3}', "m.yaml:2: $.title: expected string, got 3"),
        ("name: m\nreply: {shape: 1}", "m.yaml:2: $.reply.shape: unknown key"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_profile(text, "m.yaml")

    assert complaint in str(caught.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ValueError) as caught:
        read_profile("name: Mine\nroles: [bot]\nquota: '200'", "m.yaml")

    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["1", "2", "3"]


def test_what_a_file_says_is_what_holds() -> None:
    mine = read_profile("name: mine\nfields: {seed: {types: [integer], maximum: 5}}", "m.yaml")
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}

    assert check_request({**document, "seed": 5}, profile=mine) == ()
    assert [one.rule for one in check_request({**document, "seed": 6}, profile=mine)] == [
        "integer_above_max_value"
    ]


def test_values_are_typed() -> None:
    (error,) = read_profile("name: m\nerrors: {500: {type: x}}", "m").errors.values()
    (model,) = read_profile("name: m\nmodels: {a: {capabilities: [vision]}}", "m").models

    assert error == ErrorFact("500", type="x")
    assert model == Model("a", capabilities=("vision",))


def test_a_built_in_profile_loads_neither_yaml_nor_jsonschema() -> None:
    script = (
        "import sys, understudy.contracts.profiles.loading as l; l.profile('openai');"
        "sys.exit(bool({'yaml', 'jsonschema', 'difflib'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
