"""One choice of a stream, followed from its role to its finish (FACTS B.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.contracts.replies.completion_rules import RULES as COMPLETION_RULES
from understudy.contracts.replies.completions import check_arguments, check_form
from understudy.contracts.replies.rules import breach, members, objects
from understudy.contracts.streams.rules import ORDER_RULES
from understudy.contracts.violations import Violation

MOST_CALLS = 128
MOST_ARGUMENTS = 4 * 1024 * 1024
"""Characters kept of the arguments of one call. Longer ones are not read as JSON."""

Found = tuple[Violation, ...]


class ChoiceOrder:
    """What has come for the choice so far."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._begun = False
        self._role_sent = False
        self._function_called = False
        self._calls: dict[int, _Call] = {}
        self._last_index = -1
        self.finish: str | None = None

    def take(self, choice: Mapping[str, Any], path: str) -> Found:
        """Return what is wrong with the next part of the choice, which stands at *path*."""
        delta, finish = members(choice.get("delta")), choice.get("finish_reason")
        if self.finish:
            rule = "stream.finish_repeated" if finish else "stream.after_finish"
            return self._breach(rule, path, finish)
        found = self._role(delta, path)
        if delta.get("function_call"):
            self._function_called = True
        for place, piece in objects(delta.get("tool_calls")):
            found += self._piece(piece, f"{path}.delta.tool_calls[{place}]")
        if isinstance(finish, str) and finish:
            self.finish = finish
            if delta:
                found += self._breach("stream.finish_delta", f"{path}.delta", ", ".join(delta))
            found += self._finished(path)
        return found

    def _role(self, delta: Mapping[str, Any], path: str) -> Found:
        first, self._begun = not self._begun, True
        role = delta.get("role")
        if role and self._role_sent:
            return self._breach("stream.role_repeated", f"{path}.delta.role", role)
        self._role_sent = bool(role) or self._role_sent
        return self._breach("stream.role_missing", f"{path}.delta") if first and not role else ()

    def _piece(self, piece: Mapping[str, Any], path: str) -> Found:
        index = piece.get("index")
        if not isinstance(index, int):
            return ()  # the schema says so
        found: Found = ()
        if index not in (self._last_index, self._last_index + 1) or index < 0:
            last = self._last_index if self._calls else "nothing"
            found = self._breach("stream.tool_index", f"{path}.index", index, last=last)
        self._last_index = index
        if index in self._calls:
            found += self._later(piece, path)
        elif len(self._calls) < MOST_CALLS:
            self._calls[index] = _Call(path)
            found += self._head(piece, path)
        if call := self._calls.get(index):
            call.take(piece)
        return found

    def _head(self, piece: Mapping[str, Any], path: str) -> Found:
        said = {"id": piece.get("id"), "type": piece.get("type"), "name": _body(piece).get("name")}
        missing = [name for name, value in said.items() if not value]
        found = self._breach("stream.tool_head", path, ", ".join(missing)) if missing else ()
        return found + check_form("completion.tool_call_id_form", said["id"], f"{path}.id", self._profile)

    def _later(self, piece: Mapping[str, Any], path: str) -> Found:
        repeated = [name for name in ("id", "type") if name in piece]
        if "name" in _body(piece):
            repeated.append("name")
        return self._breach("stream.tool_repeated", path, ", ".join(repeated)) if repeated else ()

    def _finished(self, path: str) -> Found:
        found: Found = ()
        if self.finish == "tool_calls" and not self._calls:
            found += breach(COMPLETION_RULES, "completion.finish_tool_calls", path, self._profile)
        if self.finish == "function_call" and not self._function_called:
            found += breach(COMPLETION_RULES, "completion.finish_function_call", path, self._profile)
        for call in self._calls.values():
            where, text = f"{call.path}.function.arguments", call.arguments()
            found += check_arguments(text, call.name, where, self._profile, self.finish)
        self._calls.clear()
        return found

    def _breach(self, rule: str, path: str, got: Any = "", **values: Any) -> Found:
        return breach(ORDER_RULES, rule, path, self._profile, got, **values)


class _Call:
    """A tool call in the making. *path* is that of its first fragment."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name: Any = None
        self._pieces: list[str] = []
        self._size = 0

    def take(self, piece: Mapping[str, Any]) -> None:
        function = members(piece.get("function"))
        self.name = self.name or _body(piece).get("name")
        text = function.get("arguments")
        if isinstance(text, str):
            self._size += len(text)
            if self._size <= MOST_ARGUMENTS:
                self._pieces.append(text)
            else:
                self._pieces.clear()

    def arguments(self) -> str | None:
        """Return the arguments; None where there were none or too many characters."""
        return "".join(self._pieces) if self._pieces else None


def _body(piece: Mapping[str, Any]) -> Mapping[str, Any]:
    return members(piece.get("function") or piece.get("custom"))
