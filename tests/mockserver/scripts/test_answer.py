from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.scripts.answer import NOTHING, Call, Fail, Reply, Said, as_answer


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"text": "a", "refusal": "b"}, "refusal or text, not both"),
        ({"refusal": "b", "tool_calls": (Call("f"),)}, "refusal or tool_calls, not both"),
        ({"function_call": Call("f"), "tool_calls": (Call("f"),)}, "function_call or tool_calls, not both"),
        ({"audio": {}, "text": "a"}, "audio or text, not both"),
        ({"text": "a", "text_after": "b"}, "there are none; use text"),
        ({"text": "ab", "pieces": ("a", "c")}, "the pieces make 'ac'"),
        ({"tool_calls": (Call("f", "{}"),), "pieces": ("{",)}, "the pieces make '{'"),
        ({"tool_calls": (Call("f"), Call("g")), "pieces": ("{",)}, "the pieces make '{'"),
    ],
)
def test_members_that_exclude_one_another_are_named(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        Said(**members)

    assert reason in str(caught.value)


def test_pieces_alone_are_the_text() -> None:
    assert Said(pieces=("a", "b")).text == "ab"


@pytest.mark.parametrize(
    ("arguments", "text"), [({"a": "é"}, '{"a":"é"}'), ("{broken", "{broken"), (None, "null")]
)
def test_arguments_are_json_or_as_they_are(arguments: Any, text: str) -> None:
    assert Call("f", arguments).text == text


@pytest.mark.parametrize(
    ("fail", "kind", "code", "voice"),
    [
        (Fail(429), "requests", "rate_limit_exceeded", "gateway"),
        (Fail(500), "server_error", None, "gateway"),
        (Fail(400), "invalid_request_error", None, "model"),
        (Fail(418), "invalid_request_error", None, "gateway"),
        (Fail(502), "server_error", None, "gateway"),
        (Fail(429, type="tokens", code=None), "tokens", None, "gateway"),
    ],
)
def test_an_error_is_the_documented_one_unless_said(
    fail: Fail, kind: str, code: str | None, voice: str
) -> None:
    error = fail.error()

    assert (error.type, error.code, error.voice) == (kind, code, voice)
    assert error.message


def test_what_is_said_of_an_error_is_sent() -> None:
    error = Fail(400, "no", param="n", headers=(("x-a", "b"),)).error()

    assert (error.message, error.param, error.headers) == ("no", "n", (("x-a", "b"),))


@pytest.mark.parametrize("status", [200, 399, 600])
def test_an_error_has_the_status_of_one(status: int) -> None:
    with pytest.raises(ValueError, match=f"status is {status}, expected 400 to 599"):
        Fail(status)


def test_a_reply_has_choices_and_known_overrides() -> None:
    with pytest.raises(ValueError, match="at least one choice"):
        Reply(())
    with pytest.raises(ValueError, match="'object' is not a member to override"):
        Reply((Said(text="a"),), envelope={"object": "x"})


def test_short_forms_are_answers() -> None:
    assert as_answer("a", "x") == Reply((Said(text="a"),))
    assert as_answer(Said(text="a"), "x") == Reply((Said(text="a"),))
    assert as_answer(Call("f"), "x") == Reply((Said(tool_calls=(Call("f"),)),))
    assert as_answer(len, "x") is len
    assert repr(NOTHING) == "NOTHING"


@pytest.mark.parametrize("value", [{"a": 1}, 3, None, [1]])
def test_what_is_no_answer_is_named(value: Any) -> None:
    with pytest.raises(ValueError, match=r"answer 1 is .*, expected a text.*says_json"):
        as_answer(value, "answer 1")
