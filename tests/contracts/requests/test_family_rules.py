"""What each family of models takes: FACTS A.9, row by row."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from understudy.contracts import check_request, family_of
from understudy.contracts.documents import schema

ASK = {"role": "user", "content": "hi"}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
OPTIONAL = sorted({*schema("request")["properties"]} - {"model", "messages"})

# each row of A.9: a model, then what it says to max_tokens, temperature 0.5, stop, logprobs; its efforts
# "": taken; P: unsupported parameter; V: unsupported value
ROWS: dict[str, tuple[str, str, str, str, str]] = {
    "gpt-3.5-turbo": ("", "", "", "", ""),
    "gpt-4": ("", "", "", "", ""),
    "gpt-4-turbo": ("", "", "", "", ""),
    "gpt-4o": ("", "", "", "", ""),
    "gpt-4.1": ("", "", "", "", ""),
    "gpt-4o-search-preview": ("", "P", "", "", "*"),
    "gpt-4o-audio-preview": ("", "", "", "", "*"),
    "gpt-audio": ("", "", "", "", "*"),
    "o1-mini": ("P", "V", "P", "P", ""),
    "o1-preview": ("P", "V", "P", "P", ""),
    "o1": ("P", "V", "P", "P", "low medium high"),
    "o3": ("P", "V", "P", "P", "low medium high"),
    "o3-mini": ("P", "P", "P", "P", "low medium high"),
    "o4-mini": ("P", "V", "P", "P", "low medium high"),
    "gpt-5": ("P", "V", "P", "P", "minimal low medium high"),
    "gpt-5-mini": ("P", "V", "P", "P", "minimal low medium high"),
    "gpt-5-nano": ("P", "V", "P", "P", "minimal low medium high"),
    "gpt-5.1": ("P", "", "P", "", "none low medium high xhigh"),  # does not reason unless it is asked to
    "gpt-5.4": ("P", "", "P", "", "none low medium high xhigh"),
    "gpt-5.5": ("P", "V", "P", "P", "none low medium high xhigh"),
    "gpt-5.6-terra": ("P", "V", "P", "P", "none low medium high xhigh"),
    "gpt-6-astra": ("P", "", "", "", "minimal low medium high xhigh max"),
    "llama-3": ("", "", "", "", "*"),
}
CODES = {"": None, "P": "unsupported_parameter", "V": "unsupported_value"}
ASKING: tuple[dict[str, Any], ...] = (
    {"max_tokens": 5},
    {"temperature": 0.5},
    {"stop": "x"},
    {"logprobs": True},
)


def code_of(model: str, **more: Any) -> str | None:
    found = check_request({"model": model, "messages": [ASK], **more})
    return found[0].code if found else None


@pytest.mark.parametrize("model", ROWS)
def test_parameters_depend_on_the_family(model: str) -> None:
    found = tuple(code_of(model, **asked) for asked in ASKING)

    assert found == tuple(CODES[answer] for answer in ROWS[model][:4])


@pytest.mark.parametrize("model", ROWS)
def test_efforts_depend_on_the_family(model: str) -> None:
    taken = " ".join(effort for effort in EFFORTS if code_of(model, reasoning_effort=effort) is None)

    assert taken == (" ".join(EFFORTS) if ROWS[model][4] == "*" else ROWS[model][4])


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.4", "gpt-5.6-terra"])
def test_without_effort_they_take_what_is_refused_while_they_reason(model: str) -> None:
    asked = {"temperature": 0.5, "top_p": 0.5, "logprobs": True, "presence_penalty": 1}

    assert code_of(model, reasoning_effort="none", **asked) is None
    assert code_of(model, reasoning_effort="low", **asked) == "unsupported_parameter"


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.parametrize("role", ["system", "developer"])
def test_only_the_first_reasoning_models_take_no_instructions(model: str, role: str) -> None:
    found = check_request({"model": model, "messages": [{"role": role, "content": "be brief"}, ASK]})

    refused = model in ("o1-mini", "o1-preview")
    assert [violation.code for violation in found] == (["unsupported_value"] if refused else [])


@pytest.mark.parametrize(
    ("model", "cap", "most"),
    [("gpt-4o", "n", 128), ("gpt-5.6-terra", "n", 8), ("gpt-4o", "top_logprobs", 20), ("gpt-5.6-sol", "top_logprobs", 5)],
)  # fmt: skip
def test_caps_depend_on_the_family(model: str, cap: str, most: int) -> None:
    more = {"logprobs": True, "reasoning_effort": "none"} if cap == "top_logprobs" else {}
    if model == "gpt-4o":
        more.pop("reasoning_effort", None)

    assert code_of(model, **more, **{cap: most}) is None
    assert check_request({"model": model, "messages": [ASK], **more, cap: most + 1})[0].param == cap


@pytest.mark.parametrize("model", ROWS)
def test_null_is_as_good_as_absent_for_every_model(model: str) -> None:
    document = {"model": model, "messages": [ASK], **dict.fromkeys(OPTIONAL)}

    assert check_request(document) == ()


def test_every_model_of_the_table_of_limits_has_a_family_that_knows_them() -> None:
    data = json.loads(files("understudy.contracts").joinpath("families.json").read_text("utf-8"))
    for row in data["limits"]:
        for pattern in row["models"]:
            family = family_of(pattern.replace("*", ""))
            assert (family.context, family.output) == (row.get("context"), row.get("output")), pattern
            assert row["source"]


@pytest.mark.parametrize(
    ("model", "context", "output"),
    [
        ("gpt-4o-mini", 128_000, 16_384),
        ("gpt-4.1-nano", 1_047_576, 32_768),
        ("gpt-5-mini-2025-08-07", 400_000, 128_000),
        ("gpt-4-0613", 8_192, 8_192),
        ("gpt-4-turbo-2024-04-09", 128_000, 4_096),
        ("gpt-3.5-turbo-0125", 16_385, 4_096),
        ("o3-mini", 200_000, 100_000),
        ("ft:gpt-4o-mini-2024-07-18:acme::id", 128_000, 16_384),
        ("gpt-5.6-luna", None, None),
        ("gpt-5-4-mini", None, None),
        ("llama-3", None, None),
    ],
)
def test_limits_are_data_of_the_model(model: str, context: int | None, output: int | None) -> None:
    family = family_of(model)

    assert (family.context, family.output) == (context, output)
