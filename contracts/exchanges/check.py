"""A reply against its request: what was asked for and what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.contracts.documents import contract_of
from understudy.contracts.exchanges.contents import check_content, check_logprobs
from understudy.contracts.exchanges.rules import RULES
from understudy.contracts.exchanges.tools import check_tools
from understudy.contracts.families import snapshot_of
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.replies.rules import breach, members, objects
from understudy.contracts.streams.accumulation import accumulate
from understudy.contracts.violations import Violation

Document = Mapping[str, Any]
Found = tuple[Violation, ...]


def check_exchange(
    request: Document, reply: Document | Sequence[Document], *, profile: str | Profile = "openai"
) -> Found:
    """Return where *reply* does not answer *request*.

    *reply* is a completion, or the chunks of a stream; the paths of a stream's violations are those
    of the completion it amounts to. Whether either is well formed is not asked here. Raises
    ValueError for a profile that does not exist.
    """
    profile = contract_of(profile)
    if isinstance(reply, Mapping):
        whole, chunks = reply, None
    else:
        chunks = [chunk for chunk in reply if isinstance(chunk, Mapping)]
        whole = accumulate(chunks)
    found = _form(request, chunks is not None, profile)
    if whole.get("error"):
        return found  # the reply broke off: nothing more is owed
    found += _envelope(request, whole, profile)
    if chunks is not None:
        found += _stream_options(request, chunks, profile)
    for place, choice in objects(whole.get("choices")):
        path = f"$.choices[{place}]"
        found += check_tools(request, choice, path, profile)
        found += check_content(request, choice, path, profile)
        found += check_logprobs(request, choice, path, profile)
    return found


def _form(request: Document, streamed: bool, profile: str) -> Found:
    asked = request.get("stream") is True
    if asked == streamed:
        return ()
    words = {True: "a stream", False: "one document"}
    return breach(RULES, "exchange.form", "$", profile, words[streamed], asked=words[asked])


def _envelope(request: Document, whole: Document, profile: str) -> Found:
    found: Found = ()
    wanted, came = request.get("n"), whole.get("choices")
    n = wanted if isinstance(wanted, int) and not isinstance(wanted, bool) else 1
    if isinstance(came, list) and len(came) != n:
        found += breach(RULES, "exchange.choices", "$.choices", profile, str(len(came)), n=n)
    asked, model = request.get("model"), whole.get("model")
    if isinstance(asked, str) and isinstance(model, str) and not _answers_for(model, asked):
        found += breach(RULES, "exchange.model", "$.model", profile, model, asked=asked)
    cap = request.get("max_completion_tokens") or request.get("max_tokens")
    used = members(whole.get("usage")).get("completion_tokens")
    if isinstance(cap, int) and isinstance(used, int) and used > cap * n:
        where = "$.usage.completion_tokens"
        found += breach(RULES, "exchange.too_long", where, profile, used, cap=cap * n)
    return found


def _answers_for(model: str, asked: str) -> bool:
    """A snapshot answers for its name (gpt-4o-2024-08-06 for gpt-4o), and latest for any date."""
    return model.startswith(asked.removesuffix("-latest")) or model == snapshot_of(asked)


def _stream_options(request: Document, chunks: Sequence[Document], profile: str) -> Found:
    options = members(request.get("stream_options"))
    came = any(chunk.get("usage") for chunk in chunks)
    found: Found = ()
    if options.get("include_usage") is True and not came:
        found += breach(RULES, "exchange.usage_missing", "$.usage", profile)
    if options.get("include_usage") is not True and came:
        found += breach(RULES, "exchange.usage_unasked", "$.usage", profile)
    if options.get("include_obfuscation") is False and any("obfuscation" in chunk for chunk in chunks):
        found += breach(RULES, "exchange.obfuscation", "$.obfuscation", profile)
    return found
