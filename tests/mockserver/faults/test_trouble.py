from __future__ import annotations

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.catalogue import FAULTS
from understudy.mockserver.faults.rules import parse_fault
from understudy.mockserver.faults.specs import Value
from understudy.mockserver.faults.trouble import OK, Trouble
from understudy.mockserver.wire import Cut, Head, Send


def test_an_error_is_one_by_name_or_status() -> None:
    trouble = Trouble("429", (("retry_after", 20), ("header.X-Team", "red"), ("message", 503)))

    error = trouble.error(profile("openai"), model="gpt-4o", now=0.0)

    assert trouble.is_error
    assert isinstance(error, ApiError)
    assert error.message == "503"
    assert dict(error.headers).items() >= {"retry-after": "20", "x-team": "red"}.items()


def test_the_rest_are_faults_of_the_catalogue() -> None:
    trouble = Trouble("cut_midstream", (("after_events", 1),))
    stream = [Head(200, [(b"content-type", b"text/event-stream")]), Send(b"data: 1\n\ndata: 2\n\n")]

    assert not trouble.is_error
    assert list(trouble.rewrite()(stream)) == [stream[0], Send(b"data: 1\n\n"), Cut()]


def test_its_text_is_what_is_written() -> None:
    assert str(Trouble("503")) == "503"
    assert (
        str(Trouble("429", (("message", "a, b"), ("retry_after", 2)))) == '429:message="a, b",retry_after=2'
    )


def test_words_of_any_script_take_the_room_they_take() -> None:
    trouble = Trouble("429", (("message", "请求过多，请稍后再试, " * 250),))

    assert parse_fault(str(trouble)).troubles == (trouble,)


def test_what_is_allowed_of_a_text_can_be_written() -> None:
    for fault in FAULTS.values():
        for name, parameter in fault.parameters.items():
            if parameter.type is str and name != "arguments":
                Trouble(fault.name, ((name, "x" * int(parameter.maximum)),))
            elif parameter.type is str:
                Trouble(fault.name, ((name, "1" * int(parameter.maximum)),))


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        (
            "cut_midsteam",
            (),
            "there is no fault 'cut_midsteam'; nearest is 'cut_midstream'; there are: ok, bad_request",
        ),
        ("rate_limt", (), "nearest is 'rate_limit'"),
        (OK, (("a", 1),), "ok has no parameters, not 'a'"),
        ("429", (("retryafter", 1),), "nearest is 'retry_after'"),
        ("429", (("model", "x"),), "the error 429 has no parameter 'model'"),
        ("cut_midstream", (("after", 1),), "cut_midstream: no parameter 'after'"),
        ("cut_midstream", (("after_events", "x"),), "after_events"),
        ("429", (("message", "x" * 5_000),), "429: a fault of 5012 characters; at most 4000 are read"),
        ("429", (("header.a b", "x"),), "'a b' is no name of a header"),
        ("503", (("should_retry", float("inf")),), "503:should_retry=Infinity is no text of a fault"),
    ],
)
def test_mistakes_are_told_at_once(name: str, parameters: tuple[tuple[str, Value], ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Trouble(name, parameters)
