"""What rules ask about a request, read once each, and only when asked. Lenient: nothing raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from understudy.mockserver.chat import ChatRequest
from understudy.mockserver.scripts.paths import Query, canonical
from understudy.mockserver.wire import RawHeaders

_MOST_NODES = 10_000  # of what one JSONPath selects


class Result(NamedTuple):
    """What a tool gave back: the *name* of the tool, the *id* of the call, and the *text*."""

    name: str
    id: str
    text: str


class Facts:
    """One request, as rules see it."""

    def __init__(self, chat: ChatRequest, headers: RawHeaders = ()) -> None:
        self.chat = chat
        self._headers = headers
        self._nodes: dict[str, tuple[Any, ...]] = {}
        self._values: dict[str, frozenset[str]] = {}

    @property
    def model(self) -> str:
        return self.chat.model

    @property
    def stream(self) -> bool:
        return self.chat.stream

    @cached_property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        return [message for message in self.chat.messages if isinstance(message, dict)]

    @cached_property
    def user(self) -> str | None:
        """The text of the last message of the user."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return text_of(message.get("content"))
        return None

    @cached_property
    def system(self) -> str | None:
        """The texts of the messages of system and developer, one below the other."""
        said = [
            text_of(message.get("content"))
            for message in self.messages
            if message.get("role") in ("system", "developer")
        ]
        return "\n".join(said) if said else None

    @cached_property
    def texts(self) -> Sequence[str]:
        """The text of every message that has one."""
        return [text for message in self.messages if (text := text_of(message.get("content")))]

    @cached_property
    def all_text(self) -> str:
        return "\0".join(self.texts)

    @cached_property
    def turn(self) -> int:
        """How many messages of the assistant there are."""
        return sum(message.get("role") == "assistant" for message in self.messages)

    @cached_property
    def results(self) -> Sequence[Result]:
        """What tools gave back since the assistant last spoke: results are news for one turn only."""
        since: list[Mapping[str, Any]] = []
        called: dict[str, str] = {}
        for message in self.messages:
            if message.get("role") == "assistant":
                since = []
                called |= _called(message)
            elif message.get("role") in ("tool", "function"):
                since.append(message)
        return [_result(message, called) for message in since]

    @cached_property
    def result_text(self) -> str:
        return "\0".join(result.text for result in self.results)

    @cached_property
    def tools(self) -> frozenset[str]:
        """The names of the tools on offer, legacy functions among them."""
        document = self.chat.document
        offered = [*_dicts(document.get("tools")), *_dicts(document.get("functions"))]
        definitions = (tool.get("function") or tool.get("custom") or tool for tool in offered)
        names = (found.get("name") for found in definitions if isinstance(found, dict))
        return frozenset(name for name in names if isinstance(name, str))

    @cached_property
    def response_format(self) -> str:
        wanted = self.chat.document.get("response_format")
        kind = wanted.get("type") if isinstance(wanted, dict) else None
        return kind if isinstance(kind, str) else "text"

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        found = self.chat.document.get("metadata")
        pairs = found.items() if isinstance(found, dict) else ()
        return {key: value for key, value in pairs if isinstance(value, str)}

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers by name, in lower case; several of one name are joined by a comma."""
        found: dict[str, str] = {}
        for name, value in self._headers:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    def nodes(self, query: Query) -> tuple[Any, ...]:
        """Return the values that *query* selects in the body, ten thousand at most."""
        found = self._nodes.get(query.text)
        if found is None:
            found = self._nodes[query.text] = query.select(self.chat.document, _MOST_NODES)
        return found

    def values(self, query: Query) -> frozenset[str]:
        """Return what *query* selects as canonical texts, to be compared."""
        found = self._values.get(query.text)
        if found is None:
            found = self._values[query.text] = frozenset(map(canonical, self.nodes(query)))
        return found


def text_of(content: Any) -> str:
    """Return the text of a message's content; of several parts, one below the other."""
    if isinstance(content, str):
        return content
    texts = (part.get("text") or part.get("refusal") for part in _dicts(content))
    return "\n".join(text for text in texts if isinstance(text, str))


def _called(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of the tool for the id of each call in *message*."""
    called: dict[str, str] = {}
    for call in _dicts(message.get("tool_calls")):
        definition, identity = call.get("function") or call.get("custom"), call.get("id")
        if isinstance(definition, dict) and isinstance(identity, str):
            called[identity] = str(definition.get("name", ""))
    return called


def _result(message: Mapping[str, Any], called: Mapping[str, str]) -> Result:
    identity, name = message.get("tool_call_id"), message.get("name")
    key = identity if isinstance(identity, str) else ""
    return Result(
        name if isinstance(name, str) else called.get(key, ""), key, text_of(message.get("content"))
    )


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
