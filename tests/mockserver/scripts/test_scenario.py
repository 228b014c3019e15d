from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from understudy.mockserver.chat import Answer, ChatRequest, read_chat
from understudy.mockserver.errors import Refusal
from understudy.mockserver.scripts.answer import Reply
from understudy.mockserver.scripts.read_when import KEYS
from understudy.mockserver.scripts.scenario import read_scenario, schema, schema_text
from understudy.mockserver.scripts.scripts import Scripts
from understudy.mockserver.scripts.variables import NAMES

WHOLE = """
version: 1
name: everything
rules:
  - name: all keys
    when:
      model: [gpt-4o*, o1]
      user: {contains: refund, regex: '(?i)order #\\d+'}
      system: Be kind.
      any_message: {contains: [a, b]}
      turn: 0
      tool_result: {tool: look, contains: lost}
      tools: [look]
      response_format: text
      stream: false
      headers: {X-Team: red, x-other: null}
      metadata: {tenant: {regex: ^a}}
      body:
        $.temperature: 0
        $.seed: {exists: false}
        schema: {required: [model]}
    reply: Never said.
    priority: -1
  - when: {user: {contains: weather}}
    replies:
      - text: Let me see.
        tool_calls:
          - {name: get_weather, arguments: {city: Paris}, id: call_1}
          - {name: sql, input: select 1}
      - json: {sky: clear, degrees: 21}
      - refusal: No.
      - {function_call: {name: old, arguments: '{broken'}}
      - choices: [one, {text: two, finish_reason: length}]
      - {audio: {data: AAAA, transcript: Hi}}
      - {text: thought, reasoning: {text: hm, tokens: 64}, logprobs: true, annotations: []}
      - {pieces: [a, b], usage: {prompt_tokens: 3}, headers: {x-a: b}, id: chatcmpl-1, created: 3, model: m,
         system_fingerprint: null, service_tier: flex}
      - fail: {status: 429, message: Wait., headers: {retry-after: '2'}}
      - fail: 500
    then: cycle
    times: 20
  - when: {user: {regex: ^template}}
    replies:
      - template: "You said {{ user }}, {{ attempt }}"
      - {render: true, tool_calls: [{name: f, arguments: {said: '{{ user }}', n: 1}}], headers: {x-user: '{{ model }}'}}
      - {render: true, fail: {status: 400, message: 'no {{ user }}'}}
  - fail: 404
"""


def chat(text: str) -> ChatRequest:
    return read_chat({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]})


def message(text: str, position: int) -> dict[str, Any]:
    said = Scripts(read_scenario(WHOLE, "s.yaml")).offer(chat(text))[0].say(position)
    assert isinstance(said, Answer)
    return dict(said.choices[0].message)


def test_every_key_is_read() -> None:
    rules = read_scenario(WHOLE, "s.yaml")

    first = rules[0]
    assert all(getattr(first.when, key) not in (None, ()) for key in KEYS)
    assert (first.name, first.priority, first.place) == ("all keys", -1, "s.yaml:5")
    assert (rules[1].times, rules[1].then, len(rules[1].answers)) == (20, "cycle", 10)


def test_every_kind_of_answer_is_read() -> None:
    called = message("weather", 0)
    assert called["content"] == "Let me see."
    assert [call["type"] for call in called["tool_calls"]] == ["function", "custom"]
    assert called["tool_calls"][0] == {
        "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    }  # fmt: skip
    assert message("weather", 1)["content"] == '{"sky":"clear","degrees":21}'
    assert message("weather", 2)["refusal"] == "No."
    assert message("weather", 3)["function_call"]["arguments"] == "{broken"
    assert message("weather", 5)["audio"]["transcript"] == "Hi"
    assert message("weather", 7)["content"] == "ab"


def test_what_stands_around_is_read() -> None:
    replies = read_scenario(WHOLE, "s.yaml")[1].answers
    around = replies[7]

    assert isinstance(around, Reply)
    assert around.envelope == {
        "id": "chatcmpl-1",
        "created": 3,
        "model": "m",
        "system_fingerprint": None,
        "service_tier": "flex",
    }
    assert (around.usage, around.headers) == ({"prompt_tokens": 3}, (("x-a", "b"),))
    assert replies[8].error().headers == (("retry-after", "2"),)  # type: ignore[union-attr]


def test_templates_are_filled_in() -> None:
    assert message("template A", 0)["content"] == "You said template A, 1"
    called = message("template A", 1)["tool_calls"][0]["function"]
    assert json.loads(called["arguments"]) == {"said": "template A", "n": 1}
    with pytest.raises(Refusal, match="no template A"):
        message("template A", 2)


def test_the_same_file_as_json_gives_the_same_rules() -> None:
    rules = read_scenario('{"rules": [{"when": {"user": "Hi"}, "reply": "Hello"}]}', "s.json")

    assert [(rule.when.user.equals, rule.place) for rule in rules if rule.when.user] == [("Hi", "s.json:1")]


def test_all_mistakes_are_named_at_once_with_their_lines() -> None:
    text = """\
rules:
  - when: {usr: Hi}
    reply: x
  - when: {user: {regex: "["}}
    replys: [x]
  - when: {body: {"$.[": 1}, user: {regex: "["}}
    reply: {text: a, refusal: b}
  - reply: x
    fail: 429
  - reply: {template: "{{ x"}
  - fail: 300
  - when: {turn: many}
  - name: nothing
"""
    with pytest.raises(ValueError) as caught:
        read_scenario(text, "s.yaml")

    told = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in told] == [
        f"s.yaml:{line}" for line in (2, 5, 6, 6, 7, 8, 10, 11, 12, 13)
    ]
    assert "$.rules[0].when.usr: unknown key; nearest is 'user'; allowed: any_message, body" in told[0]
    assert "unknown key; nearest is 'reply'" in told[1]
    assert {"no JSONPath", "is not understood"} == {
        reason for reason in ("no JSONPath", "is not understood") if any(reason in line for line in told[2:4])
    }
    assert "$.rules[2].reply: an answer has refusal or text, not both" in told[4]
    assert "a rule has one of reply, replies, fail; this one has reply and fail" in told[5]
    assert "unexpected end of template" in told[6]
    assert "300 is below 400" in told[7]
    assert "expected integer, got 'many'" in told[8]
    assert "this one has none of them" in told[9]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "s.yaml:1: $: expected object, got null"),
        ("rules: []", "s.yaml:1: $.rules: "),
        ("rules: [{reply: a}]\nversion: 2", "s.yaml:2: $.version: "),
        ("rules:\n  - reply: a\n    reply: b", "s.yaml:3: the key 'reply' stands twice"),
        ("rules: [{reply: {text: a, json: 1}}]", "json or text, not both"),
        ("rules: [{reply: {text: a, choices: [b]}}]", "in choices or beside them, not both: text"),
        ("rules: [{reply: {template: a, text: b}}]", "template or text, not both"),
        ("rules: [{reply: {fail: 400, text: b}}]", "fail stands alone; beside it is text"),
        (
            "rules: [{reply: {tool_calls: [{name: a, arguments: {}, input: b}]}}]",
            "arguments (of a function) or input",
        ),
        ("rules: [{reply: {headers: {'a b': c}}}]", "'a b'"),
        ("rules: [{when: {user: 42}, reply: a}]", "got 42"),
    ],
)
def test_each_mistake_is_named(text: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_scenario(text, "s.yaml")

    assert told in str(caught.value)


def test_the_published_schema_is_one_and_its_examples_fit() -> None:
    jsonschema.Draft202012Validator.check_schema(dict(schema()))
    assert json.loads(schema_text()) == schema()
    for name, definition in [("", schema()), *schema()["$defs"].items()]:
        reference = {"$ref": f"#/$defs/{name}", "$defs": schema()["$defs"]} if name else schema()
        for example in definition.get("examples", ()):
            jsonschema.Draft202012Validator(reference).validate(example)


def test_the_schema_and_the_reader_know_the_same_keys() -> None:
    definitions = schema()["$defs"]

    assert set(definitions["when"]["properties"]) == set(KEYS)
    assert set(definitions["choice"]["properties"]) <= set(definitions["reply"]["properties"])


DOCUMENTED = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text("utf-8")


@pytest.mark.parametrize("number", range(3))
def test_the_documented_scenarios_are_read(number: int) -> None:
    assert read_scenario(re.findall(r"```yaml\n(.*?)```", DOCUMENTED, re.DOTALL)[number], "docs.yaml")


def test_the_documented_script_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENTED, re.DOTALL)
    names: dict[str, Any] = {}

    exec(code, names)  # noqa: S102  (our own page)

    offered = names["script"].scripts.offer(chat("a secret"))
    assert [one.rule.priority for one in offered] == [1]


def test_all_that_can_be_said_is_documented() -> None:
    keys = {
        *KEYS,
        *NAMES,
        *schema()["$defs"]["reply"]["properties"],
        *schema()["$defs"]["rule"]["properties"],
    }

    assert [key for key in sorted(keys) if f"`{key}" not in DOCUMENTED] == []


def test_an_error_says_when_to_come_again_and_headers_may_be_numbers() -> None:
    text = """
rules:
  - fail: {status: 429, retry_after: 2}
  - reply: {fail: {status: 429, retry_after: 0.5, headers: {x-left: 0}}}
  - reply: {text: Hi, headers: {x-left: 3, x-share: 0.25}}
"""
    rules = read_scenario(text, "s.yaml")

    assert [rule.answers[0].headers for rule in rules] == [  # type: ignore[union-attr]
        (("retry-after", "2"),),
        (("retry-after", "0.5"), ("x-left", "0")),
        (("x-left", "3"), ("x-share", "0.25")),
    ]


@pytest.mark.parametrize("wait", ["soon", "-1", "'2'", ".inf", "true"])
def test_a_wait_is_a_number_of_seconds(wait: str) -> None:
    with pytest.raises(ValueError, match=r"s\.yaml:1"):
        read_scenario(f"rules: [{{fail: {{status: 429, retry_after: {wait}}}}}]", "s.yaml")


def test_a_file_in_another_encoding_is_refused_with_the_line() -> None:
    text = "rules:\n  - reply: Grüße\n"

    assert read_scenario(text.encode(), "s.yaml")
    with pytest.raises(ValueError, match=r"^s\.yaml:2: the byte 0xfc is not UTF-8; save the file as UTF-8$"):
        read_scenario(text.encode("latin-1"), "s.yaml")
