from __future__ import annotations

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.errors import ApiError
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
    ],
)
def test_mistakes_are_told_at_once(name: str, parameters: tuple[tuple[str, int], ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Trouble(name, parameters)
