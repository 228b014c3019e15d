"""Rules of the model at hand: what its family does not take (FACTS A.9)."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.contracts.families import Family
from understudy.contracts.requests.findings import NOTHING, Check, Finding, Planned, Request
from understudy.contracts.requests.words import listed, shown

_UNSUPPORTED = "Unsupported parameter: '{param}' is not supported with this model."
_INSTEAD = {"max_tokens": " Use 'max_completion_tokens' instead."}
_ONLY_DEFAULT = (
    "Unsupported value: '{param}' does not support {value} with this model. "
    "Only the default ({default}) value is supported."
)
_EFFORT = (
    "Unsupported value: 'reasoning_effort' does not support '{value}' with this model. "
    "Supported values are: {values}."
)
_NO_JSON_SCHEMA = (
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
)
_ONLY_24H = "This model is compatible only with 24h extended prompt caching"
_NO_SEARCH = "Web search options not supported with this model."
_TOO_MANY = "Invalid 'n': integer above maximum value. Expected a value <= {cap}, but got {value} instead."
_TOP_CAP = "Invalid value for 'top_logprobs': must be less than or equal to {cap}."
_TOO_LARGE = (
    "max_tokens is too large: {value}. This model supports at most {cap} completion tokens, "
    "whereas you provided {value}."
)
# who sends these asks for nothing, so no model has a reason to refuse
_ASKS_NOTHING = {"frequency_penalty": 0, "presence_penalty": 0, "logprobs": False}


def parameters_fit(request: Request, family: Family) -> Sequence[Finding]:
    """Say which parameters this model does not take. Looks at presence only, so shape does not matter."""
    refused = [name for name in family.refused if name in request]
    if family.refused_reasoning and _reasons(request, family):
        refused += [name for name in family.refused_reasoning if name in request]
    found = [
        Finding("unsupported_parameter", name, _UNSUPPORTED.format(param=name) + _INSTEAD.get(name, ""))
        for name in refused
        if request[name] is not None and request[name] != _ASKS_NOTHING.get(name)
    ]
    unknown = [name for name in family.unknown if request.get(name) is not None]
    return found + [
        Finding("model_unknown_parameter", name, f"Unknown parameter: '{name}'.") for name in unknown
    ]


def values_fit(request: Request, family: Family) -> Sequence[Finding]:
    """Say which parameters this model takes only at their default."""
    if not family.fixed or not _reasons(request, family):
        return NOTHING
    return [
        Finding("unsupported_value", name, _ONLY_DEFAULT.format(param=name, value=shown(value), default=only))
        for name, only in family.fixed.items()
        if (value := request.get(name)) is not None and value != only
    ]


def _reasons(request: Request, family: Family) -> bool:
    return family.reasoning and (request.get("reasoning_effort") or family.default_effort) != "none"


def effort_fits(request: Request, family: Family) -> Sequence[Finding]:
    effort = request["reasoning_effort"]
    if not family.efforts or effort in family.efforts:
        return NOTHING
    message = _EFFORT.format(value=effort, values=listed(family.efforts))
    return (Finding("unsupported_effort", "reasoning_effort", message),)


def format_fits(request: Request, family: Family) -> Sequence[Finding]:
    if family.json_schema or request["response_format"]["type"] != "json_schema":
        return NOTHING
    return (Finding("unsupported_json_schema", "response_format", _NO_JSON_SCHEMA),)


def caching_fits(request: Request, family: Family) -> Sequence[Finding]:
    if not family.only_24h_caching or request["prompt_cache_retention"] == "24h":
        return NOTHING
    return (Finding("only_24h_caching", "prompt_cache_retention", _ONLY_24H),)


def search_fits(_: Request, family: Family) -> Sequence[Finding]:
    if family.web_search or not family.known:
        return NOTHING
    return (Finding("unsupported_web_search", "web_search_options", _NO_SEARCH),)


def count_fits(request: Request, family: Family) -> Sequence[Finding]:
    if request["n"] <= family.max_n:
        return NOTHING
    return (Finding("n_over_cap", "n", _TOO_MANY.format(cap=family.max_n, value=request["n"])),)


def top_logprobs_fit(request: Request, family: Family) -> Sequence[Finding]:
    if request["top_logprobs"] <= family.max_top_logprobs:
        return NOTHING
    message = _TOP_CAP.format(cap=family.max_top_logprobs)
    return (Finding("top_logprobs_over_cap", "top_logprobs", message),)


def output_fits(field: str) -> Check:
    """Return a check of *field*, one of the two caps: the words name ``max_tokens`` for both."""

    def check(request: Request, family: Family) -> Sequence[Finding]:
        if family.output is None or request[field] <= family.output:
            return NOTHING
        return (over_output(field, request[field], family.output),)

    return check


def over_output(field: str, value: float, cap: int) -> Finding:
    """Return the finding that *value*, asked for by *field*, is more than the *cap* of the model."""
    return Finding("output_over_cap", field, _TOO_LARGE.format(value=shown(value), cap=cap))


MODEL_CHECKS: tuple[Planned, ...] = (
    ("model", parameters_fit, ("model",)),
    ("model", values_fit, ("model",)),
    ("reasoning_effort", effort_fits, ("reasoning_effort",)),
    ("response_format", format_fits, ("response_format",)),
    ("prompt_cache_retention", caching_fits, ("prompt_cache_retention",)),
    ("web_search_options", search_fits, ("web_search_options",)),
    ("n", count_fits, ("n",)),
    ("max_tokens", output_fits("max_tokens"), ("max_tokens",)),
    ("max_completion_tokens", output_fits("max_completion_tokens"), ("max_completion_tokens",)),
    ("top_logprobs", top_logprobs_fit, ("top_logprobs",)),
)
