"""One recorded exchange: its form as a JSON file, read with care, and the value it becomes.

    {"format": 1, "profile": "openai", "source": {"repo", "path", "index"},
     "request":  {"method", "url", "headers", "body": {...}},
     "response": {"status", "headers", "timing": [[seconds, bytes], ...],
                  one of  "body": any JSON | "sse": text | "text": text},
     "fidelity": {"response_form", "headers", ...}}

Needed are ``request.body``, ``response.status`` and one of the three bodies; null is absent.
``timing`` holds the pieces the body came in: the seconds before each, and its length in bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from understudy.contracts import chunks_of
from understudy.mockserver.chat import Document, Verbatim
from understudy.mockserver.recordings import form
from understudy.mockserver.recordings.form import Fault, Form, Order, Piece
from understudy.mockserver.recordings.matching import Keys, keys_of
from understudy.mockserver.recordings.positions import json_path, position
from understudy.mockserver.recordings.replay import content_length, json_bytes, replay_headers
from understudy.mockserver.wire import Headers


class BrokenRecording(ValueError):
    """A file that cannot serve as a recording: which, where (from 1; None: unknown) and why."""

    def __init__(self, name: str, line: int | None, column: int | None, reason: str) -> None:
        where = f", line {line}, column {column}" if line is not None else ""
        super().__init__(f"{name}{where}: {reason}")
        self.name, self.line, self.column, self.reason = name, line, column, reason


@dataclass(frozen=True)
class Recording:
    """An exchange that can be served again. *order* sorts the exchanges of one conversation."""

    name: str
    request: Document
    status: int
    headers: Headers
    form: Form
    payload: Any
    layout: str
    keys: Keys
    order: Order
    length: int | None = None
    profile: str | None = None
    timing: tuple[Piece, ...] = ()
    fidelity: Document = field(default_factory=dict)

    @property
    def model(self) -> str:
        model = self.request.get("model")
        return model if isinstance(model, str) else ""

    @property
    def stream(self) -> bool:
        return self.request.get("stream") is True

    @cached_property
    def body(self) -> bytes:
        """The bytes of the reply, laid out as recorded."""
        if self.form == "body":
            return json_bytes(self.payload, self.layout, self.status, self.length)
        return str(self.payload).encode("utf-8", "surrogatepass")

    @cached_property
    def usage(self) -> Document | None:
        """The usage that the reply tells, None where it tells none."""
        try:
            documents = [self.payload] if self.form == "body" else chunks_of(self.body)
        except ValueError:
            return None
        told = (one.get("usage") for one in documents if isinstance(one, Mapping))
        return next((usage for usage in reversed(list(told)) if isinstance(usage, Mapping)), None)

    @property
    def verbatim(self) -> Verbatim:
        return Verbatim(self.status, self.headers, self.body, self.usage, self.timing)


def read_recording(data: bytes | Mapping[str, Any], name: str) -> Recording:
    """Return the recording that *data*, a file's bytes or a JSON object, holds.

    Raises BrokenRecording, with line and column where *data* is text.
    """
    text = _decoded(data, name) if isinstance(data, bytes) else None
    document = data if text is None else _parsed(text, name)
    try:
        return _recording(document, name)
    except Fault as fault:
        line, column = position(text, fault.path) if text is not None else (None, None)
        reason = f"{json_path(fault.path)} {fault.reason}"
        raise BrokenRecording(name, line, column, reason) from None
    except RecursionError:
        raise BrokenRecording(name, None, None, "is nested too deeply to be a chat exchange") from None


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise BrokenRecording(name, line, column, f"is not UTF-8: {error.reason}") from None


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BrokenRecording(name, error.lineno, error.colno, f"is not JSON: {error.msg}") from None
    except RecursionError:
        raise BrokenRecording(name, None, None, "is nested too deeply to be a chat exchange") from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise BrokenRecording(name, None, None, f"is not usable JSON: {error}") from None


def _recording(document: Any, name: str) -> Recording:
    form.check_format(document)
    request = form.member(document, ("request", "body"), "an object")
    fidelity = form.member(document, ("fidelity",), "an object", {})
    headers, kind = form.headers(document), form.body_form(document)
    recording = Recording(
        name=name,
        request=request,
        status=form.status(document),
        headers=replay_headers(headers, kind, placeholders=fidelity.get("headers") == "placeholders"),
        form=kind,
        payload=form.member(document, ("response", kind), "any value" if kind == "body" else "a string"),
        layout=form.layout(document),
        keys=keys_of(request),
        order=form.order(document, name),
        length=content_length(headers),
        profile=form.member(document, ("profile",), "a string", None),
        timing=form.timing(document),
        fidelity=fidelity,
    )
    _check_timing(recording)
    return recording


def _check_timing(recording: Recording) -> None:
    timed = sum(piece.size for piece in recording.timing)
    if recording.timing and timed != len(recording.body):
        reason = f"adds up to {timed} bytes, but the body has {len(recording.body)}"
        raise Fault(("response", "timing"), reason)
