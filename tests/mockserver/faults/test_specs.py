from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from understudy.mockserver.faults.specs import (
    Piece,
    Spec,
    Value,
    as_text,
    read_spec,
    write_pairs,
    write_piece,
)

KEYS = st.from_regex(r"[a-z_.-]{1,12}", fullmatch=True) | st.sampled_from(
    ["key", "model", "header.x-a", "code"]
)
VALUES = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["true", "503", "1e9", "-", "a@b", "a,b=c", '"', "\\", " x", "date:+20s", "1e999"]),
)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("503", Spec((Piece("503", {}),), {})),
        (
            "rate_limit:retry_after=20@times=2",
            Spec((Piece("rate_limit", {"retry_after": 20}),), {"times": 2}),
        ),
        (
            "cut-midstream:after_events=3@p=0.1",
            Spec((Piece("cut_midstream", {"after_events": 3}),), {"p": 0.1}),
        ),
        ("429,429,ok", Spec((Piece("429", {}), Piece("429", {}), Piece("ok", {})), {})),
        (
            "a:k=1,l=x:y,b,c:m=true",
            Spec((Piece("a", {"k": 1, "l": "x:y"}), Piece("b", {}), Piece("c", {"m": True})), {}),
        ),
        (
            ' 400 : message = "a, b @ \\"c\\"" , x=null',
            Spec((Piece("400", {"message": 'a, b @ "c"', "x": None}),), {}),
        ),
        (
            "a:x=-1.5e3@window=10..20,model=gpt-4o*",
            Spec((Piece("a", {"x": -1500.0}),), {"window": "10..20", "model": "gpt-4o*"}),
        ),
        (
            'a:code=true,header.x-a=1.50,message=null,param="null"@contains=1e3,model=007,metadata.a="true"',
            Spec(
                (Piece("a", {"code": "true", "header.x-a": "1.50", "message": None, "param": "null"}),),
                {"contains": "1e3", "model": "007", "metadata.a": "true"},
            ),
        ),
        ("a:x=TRUE,y=", Spec((Piece("a", {"x": "TRUE", "y": ""}),), {})),
    ],
)
def test_specs_are_read(text: str, spec: Spec) -> None:
    assert read_spec(text) == spec


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty part; the form is NAME"),
        ("503@", "empty part"),
        ("429,,ok", "empty part"),
        ("a@b=1@c=2", "more than one @"),
        ("retry_after=3", "stands where a fault's name is expected"),
        ("a b", "is no name of a fault"),
        ("a:k", "'k' is not of the form key=value"),
        ("a@times", "'times' is not of the form key=value"),
        ("a:k=1,k=2", "k stands twice"),
        ('a:k="x" y', "no text in JSON's double quotes"),
        ('a:k="\\q"', "no text in JSON's double quotes"),
        ('a:k="open', "no text in JSON's double quotes"),
        ("x" * 4001, "4001 characters; at most 4000"),
    ],
)
def test_mistakes_are_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_spec(text)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES, max_size=3))
@example({}, {"key": False})
@example({"code": 1e16}, {"model": -0.0})
def test_what_is_written_is_read_again(parameters: dict[str, Value], when: dict[str, Value]) -> None:
    text = write_piece("name", parameters) + (f"@{write_pairs(when)}" if when else "")
    # keys that are texts never hold anything else: it would be read as it is written
    parameters, when = (
        {key: as_text(key, value) for key, value in pairs.items()} for pairs in (parameters, when)
    )

    assert read_spec(text) == Spec((Piece("name", parameters),), when)


@pytest.mark.parametrize("key", ["contains", "header.x-a", "code"])
@pytest.mark.parametrize("value", ["true", "1.50", "null", "", "a,b", '"', " x"])
def test_a_text_is_written_as_it_is(key: str, value: str) -> None:
    text = write_pairs({key: value})

    assert read_spec(f"a:{text}").pieces == (Piece("a", {key: value}),)
    assert ('"' in text) is (value not in ("true", "1.50"))


@given(st.text(alphabet='ab:=,@"\\ 1', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert read_spec(text).pieces


def test_the_worst_text_is_read_in_no_time() -> None:
    with pytest.raises(ValueError):
        read_spec('"\\' * 2000)
    with pytest.raises(ValueError):
        read_spec('a:k="' + '"x' * 1990)
