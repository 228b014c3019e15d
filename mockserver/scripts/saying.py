"""From what a script says to the Answer that goes out: ids, finish reasons, logprobs and the rest, filled
in as the API would. What a script says is sent as it stands: ``max_tokens`` and ``stop`` do not cut it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from understudy.contracts import Family, family_of
from understudy.mockserver.chat import Answer, ChatRequest, Choice
from understudy.mockserver.envelope import envelope_of
from understudy.mockserver.generation.calls import call_id
from understudy.mockserver.generation.logprobs import token_logprobs
from understudy.mockserver.generation.reasoning import STEP
from understudy.mockserver.generation.source import MOST_CHOICES
from understudy.mockserver.scripts.answer import Call, Reply, Said
from understudy.mockserver.tokens.counting import count, split


class _Saying(NamedTuple):
    chat: ChatRequest
    family: Family
    chance: Random


def say(reply: Reply, chat: ChatRequest, chance: Random) -> Answer:
    """Return *reply* as the answer to *chat*; what is made up is drawn from *chance*."""
    saying = _Saying(chat, family_of(chat.model), chance)
    wanted = chat.document.get("n")
    number = min(max(wanted, 1), MOST_CHOICES) if type(wanted) is int else 1
    said = [reply.choices[index % len(reply.choices)] for index in range(number)]
    choices = tuple(_choice(one, saying) for one in said)
    answer = Answer(choices, headers=reply.headers, usage_over=reply.usage)
    # an envelope replaces all that is around the choices, so what the script leaves out is filled in
    if not reply.envelope:
        return answer
    return replace(answer, envelope={**envelope_of(chat, answer, saying.family), **reply.envelope})


def _choice(said: Said, saying: _Saying) -> Choice:
    message = _message(said, saying)
    tokens = said.reasoning_tokens
    if tokens is None:
        thought = count(said.reasoning, saying.family.encoding) if said.reasoning else 0
        tokens = -(-thought // STEP) * STEP
    return Choice(
        message=message,
        finish_reason=said.finish_reason or _finish(said, saying),
        logprobs=_logprobs(said, message, saying),
        pieces=_pieces(said, saying),
        text_after=said.text_after if said.text else "",
        reasoning=said.reasoning,
        reasoning_tokens=tokens,
    )


def _message(said: Said, saying: _Saying) -> dict[str, Any]:
    """Return the message, its keys in the API's order (FACTS B.1)."""
    after, calls = said.text_after, [_call(call, saying.chance) for call in said.tool_calls]
    message: dict[str, Any] = {"role": "assistant"}
    if after and not said.text:  # calls before the content: so a stream sends them
        message |= {"tool_calls": calls, "content": after}
    else:
        message["content"] = f"{said.text}{after}" if after else said.text
        if calls:
            message["tool_calls"] = calls
    if said.function_call is not None:
        message["function_call"] = {"name": said.function_call.name, "arguments": said.function_call.text}
    message["refusal"] = said.refusal
    message["annotations"] = list(said.annotations)
    if said.audio is not None:
        message["audio"] = _audio(said.audio, saying.chance)
    elif said.text is None and not (calls or said.function_call or said.refusal is not None):
        message["content"] = ""
    return message


def _pieces(said: Said, saying: _Saying) -> tuple[str, ...] | None:
    """Return the pieces of all that is said; those of a script are of what comes before the calls."""
    if said.pieces is None or not said.text_after:
        return said.pieces
    before = said.pieces if said.text else ()  # without a text, they are of the call
    return (*before, *split(said.text_after, saying.family.encoding))


def _call(call: Call, chance: Random) -> dict[str, Any]:
    made = {"id": call_id(chance) if call.id is None else call.id, "type": call.kind}
    payload = "input" if call.kind == "custom" else "arguments"
    return {**made, call.kind: {"name": call.name, payload: call.text}}


def _audio(audio: Mapping[str, Any], chance: Random) -> dict[str, Any]:
    made = {"id": f"audio_{chance.getrandbits(128):032x}", "data": "", "transcript": ""}
    return {**made, **audio}


def _finish(said: Said, saying: _Saying) -> str:
    """Return how such a choice ends (FACTS C.1)."""
    if said.function_call is not None:
        forced = isinstance(saying.chat.document.get("function_call"), dict)
        return "stop" if forced else "function_call"
    if not said.tool_calls:
        return "stop"
    choice = saying.chat.document.get("tool_choice")
    named = isinstance(choice, dict) and choice.get("type") in ("function", "custom")
    return saying.family.forced_finish if named else "tool_calls"


def _logprobs(said: Said, message: Mapping[str, Any], saying: _Saying) -> Mapping[str, Any] | None:
    if isinstance(said.logprobs, Mapping):
        return said.logprobs
    asked = saying.chat.document.get("logprobs") is True
    if said.logprobs is False or not (said.logprobs or asked):
        return None
    most = saying.chat.document.get("top_logprobs")
    alternatives = most if type(most) is int else 0
    scores: dict[str, Any] = {"content": None, "refusal": None}
    for member in ("content", "refusal"):
        text = message.get(member)
        if text:
            parts = [said.text, said.text_after] if said.text and said.text_after else [text]
            pieces = [piece for part in parts for piece in split(part, saying.family.encoding)]
            refused = member == "refusal"
            scores[member] = token_logprobs(pieces, alternatives, saying.chance, refused=refused)[member]
    return scores if any(scores.values()) else None
