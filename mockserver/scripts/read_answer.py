"""An answer from plain data, as scenario files write it. The data have passed the scenario's schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from understudy.mockserver.layout import compact
from understudy.mockserver.scripts.answer import (
    ENVELOPE,
    NOTHING,
    Call,
    Fail,
    Rendered,
    Reply,
    Said,
    error_headers,
    header_texts,
)
from understudy.mockserver.scripts.templates import reads_headers, template

Place = Callable[[Sequence["str | int"]], str]
"""From a path inside the answer to ``file:line``."""


def read_answer(document: Any, place: Place) -> Reply | Fail | Rendered:
    """Return the answer that *document* is. Raises ValueError for members that exclude one another, and
    for a template that cannot be read."""
    if isinstance(document, str):
        return Reply((Said(text=document),))
    if document.get("render") or "template" in document:
        return _rendered(document, place)
    return _whole(document)


def read_fail(document: Any) -> Fail:
    """Return the error that *document* is: a status, or an object."""
    if isinstance(document, int):
        return Fail(document)
    return Fail(
        status=document["status"],
        message=document.get("message"),
        type=document.get("type"),
        code=document.get("code", NOTHING),
        param=document.get("param"),
        headers=error_headers(document.get("headers", {}), document.get("retry_after")),
    )


def _whole(document: Mapping[str, Any]) -> Reply | Fail:
    if "fail" in document:
        if others := sorted(set(document) - {"fail", "render"}):
            raise ValueError(f"fail stands alone; beside it is {', '.join(others)}")
        return read_fail(document["fail"])
    envelope = {name: document[name] for name in ENVELOPE if name in document}
    around = {"usage", "headers", "choices", "render", *ENVELOPE}
    own = {name: value for name, value in document.items() if name not in around}
    if "choices" in document and own:
        raise ValueError(f"what is said is in choices or beside them, not both: {', '.join(own)}")
    choices = document.get("choices", [own])
    return Reply(
        choices=tuple(Said(text=one) if isinstance(one, str) else _said(one) for one in choices),
        usage=document.get("usage"),
        envelope=envelope,
        headers=header_texts(document.get("headers", {})),
    )


def _said(document: Mapping[str, Any]) -> Said:
    if "json" in document and "text" in document:
        raise ValueError("an answer has json or text, not both")
    reasoning = document.get("reasoning")
    thought = reasoning if isinstance(reasoning, Mapping) else {"text": reasoning}
    called = document.get("function_call")
    return Said(
        text=compact(document["json"]) if "json" in document else document.get("text"),
        tool_calls=tuple(map(_call, document.get("tool_calls", ()))),
        text_after=document.get("text_after", ""),
        function_call=None if called is None else _call(called),
        refusal=document.get("refusal"),
        reasoning=thought.get("text"),
        reasoning_tokens=thought.get("tokens"),
        logprobs=document.get("logprobs"),
        annotations=tuple(document.get("annotations", ())),
        audio=document.get("audio"),
        finish_reason=document.get("finish_reason"),
        pieces=tuple(document["pieces"]) if "pieces" in document else None,
    )


def _call(document: Mapping[str, Any]) -> Call:
    if "input" not in document:
        return Call(document["name"], document.get("arguments", {}), id=document.get("id"))
    if "arguments" in document:
        raise ValueError("a call has arguments (of a function) or input (of a custom tool), not both")
    return Call(document["name"], document["input"], "custom", document.get("id"))


def _rendered(document: Mapping[str, Any], place: Place) -> Rendered:
    """Return *document* with its texts as templates: all of them, or only that under ``template``."""
    if "template" in document and "text" in document:
        raise ValueError("an answer has template or text, not both")
    everywhere = document.get("render", False)
    sources: list[str] = []

    def filled(value: Any, path: tuple[str | int, ...]) -> Callable[[Mapping[str, Any]], Any]:
        if isinstance(value, str) and (everywhere or path == ("template",)):
            sources.append(value)
            return template(value, place(path))
        if isinstance(value, list):
            items = [filled(item, (*path, number)) for number, item in enumerate(value)]
            return lambda values: [item(values) for item in items]
        if isinstance(value, dict):
            members = {key: filled(member, (*path, key)) for key, member in value.items()}
            return lambda values: {key: member(values) for key, member in members.items()}
        return lambda _: value

    made = filled(document, ())

    def make(values: Mapping[str, Any]) -> Reply | Fail:
        whole = made(values)
        if "template" in whole:
            whole = {"text": whole.pop("template"), **whole}
        return _whole(whole)

    return Rendered(make, reads_headers=any(map(reads_headers, sources)))
