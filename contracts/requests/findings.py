"""The rules of a request, as a table: how severe each is, the code beside it, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts.families import Family
from understudy.contracts.violations import Tier

Request: TypeAlias = Mapping[str, Any]


class Finding(NamedTuple):
    """A rule was broken: at *param*, as the API writes the place, in the API's words."""

    rule: str
    param: str
    message: str
    code: str | None = None  # where it differs from the rule's own


NOTHING: tuple[Finding, ...] = ()

# a check looks at a request whose shape is sound and says what is wrong with it
Check: TypeAlias = Callable[[Request, Family], Sequence[Finding]]

# a check, the field that calls for it, and the fields whose shape it relies on
Planned: TypeAlias = tuple[str, Check, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of a rule. *early*: the API finds it before it looks at the value itself."""

    id: str
    code: str | None = None
    tier: Tier = "error"
    source: str = "FACTS A.7"
    advice: str = ""
    early: bool = False


_TABLE = (
    # shape: what the schema says, found by keyword
    Rule("not_an_object", advice="send one JSON object as the body"),
    Rule("missing_model", advice="name a model"),
    Rule("missing_required_parameter", "missing_required_parameter"),
    Rule("unknown_parameter", "unknown_parameter", advice="remove it, or correct its spelling"),
    Rule("invalid_type", "invalid_type"),
    Rule("invalid_value", "invalid_value"),
    Rule("pattern", "invalid_value"),
    Rule("integer_below_min_value", "integer_below_min_value"),
    Rule("integer_above_max_value", "integer_above_max_value"),
    Rule("decimal_below_min_value", "decimal_below_min_value"),
    Rule("decimal_above_max_value", "decimal_above_max_value"),
    Rule("empty_array", "empty_array"),
    Rule("array_above_max_length", "array_above_max_length"),
    Rule("string_above_max_length", "string_above_max_length"),
    Rule("object_above_max_properties", "object_above_max_properties"),
    Rule("property_name_above_max_length", "property_name_above_max_length"),
    # fields that depend on one another
    Rule("stream_options_without_stream", advice="set stream to true, or leave stream_options out"),
    Rule("top_logprobs_without_logprobs", advice="set logprobs to true, or leave top_logprobs out"),
    Rule("tool_choice_without_tools", advice="offer tools, or leave tool_choice out"),
    Rule("parallel_tool_calls_without_tools", advice="offer tools, or leave parallel_tool_calls out"),
    Rule("tool_choice_missing_tool", advice="choose one of the tools offered"),
    Rule("function_call_missing_function", advice="choose one of the functions offered"),
    Rule(
        "duplicate_tool_name", tier="warning", source="not documented", advice="give each tool its own name"
    ),
    Rule("both_token_caps", "invalid_parameter_combination", advice="keep max_completion_tokens only"),
    Rule("json_word_missing", advice="say in a message that the answer is to be JSON"),
    Rule("prediction_combination", tier="warning", source="FACTS A.1"),
    Rule("audio_missing", tier="warning", source="FACTS A.1", advice="say which voice and format"),
    # the history
    Rule("orphan_tool_message", advice="put the assistant message with the tool_calls before it"),
    Rule("unanswered_tool_calls", advice="send one tool message for each call, right after the calls"),
    Rule(
        "unknown_tool_call_id", tier="warning", source="FACTS I 25", advice="use the id of one of the calls"
    ),
    # schemas that the caller wrote
    Rule("schema_invalid", source="reported by users, 2024 to 2026", advice="write it as a JSON Schema"),
    Rule("schema_missing_items", source="reported by users, 2024 to 2026", advice='add "items": {}'),
    Rule("schema_root_type", source="FACTS A.6", advice="wrap it in an object"),
    Rule("schema_missing_properties", source="TRAFFIC 6", advice='add "properties": {}'),
    Rule("strict_additional_properties", source="FACTS A.6", advice='add "additionalProperties": false'),
    Rule("strict_required", source="FACTS A.6", advice="require every property; make optional ones nullable"),
    Rule("strict_keyword", source="FACTS A.6"),
    Rule("strict_unlisted_keyword", tier="warning", source="FACTS A.6", advice="a documented keyword"),
    Rule("strict_untyped", source="reported by users, 2024 to 2026", advice="say which type it is"),
    Rule("strict_ref_siblings", source="reported by users, 2024 to 2026", advice="keep $ref alone"),
    Rule("strict_format", tier="warning", source="FACTS A.6"),
    Rule("strict_nesting", source="FACTS A.6"),
    Rule("strict_properties", source="FACTS A.6"),
    Rule("strict_text", source="FACTS A.6"),
    Rule("strict_enum_values", source="FACTS A.6"),
    Rule("strict_enum_text", source="FACTS A.6"),
    # what the model at hand does not do
    Rule("unsupported_parameter", "unsupported_parameter", source="FACTS A.7, A.9", early=True),
    Rule("model_unknown_parameter", "unknown_parameter", source="FACTS A.1", early=True),
    Rule("unsupported_value", "unsupported_value", source="FACTS A.7, A.9"),
    Rule("unsupported_effort", "unsupported_value", source="FACTS A.7, A.9"),
    Rule("unsupported_role", "unsupported_value", source="FACTS A.7, A.9"),
    Rule("unsupported_content_part", "invalid_value", advice="send text or images"),
    Rule("unsupported_json_schema", advice="take a newer model, or json_object"),
    Rule("unsupported_web_search", advice="take a model with search in its name"),
    Rule("only_24h_caching", advice="24h, or leave it out"),
    Rule("n_over_cap", "integer_above_max_value", source="FACTS A.1"),
    Rule("top_logprobs_over_cap"),
    Rule("output_over_cap", "invalid_value", advice="ask for fewer tokens"),
    # what a profile documents beside its contract
    Rule("undocumented_parameter", tier="info", source="the profile", advice="see understudy profiles"),
    Rule("undocumented_role", tier="info", source="the profile", advice="see understudy profiles"),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _TABLE}
