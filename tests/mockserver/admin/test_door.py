"""The way in: what there is, what is allowed, what comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.mockserver.admin.bodies import BODY_LIMIT
from understudy.mockserver.admin.door import answer, steps
from understudy.mockserver.admin.operation import ROOT
from understudy.mockserver.admin.routes import OPERATIONS
from understudy.mockserver.wire import Request

LOCAL = [(b"host", b"localhost")]


def test_an_unknown_path_is_told_with_what_there_is(admin: Any) -> None:
    status, refusal = admin("GET", "/jornal")

    assert (status, refusal["error"]["code"], refusal["error"]["type"]) == (
        404,
        "unknown_path",
        "understudy_admin",
    )
    assert "nearest is '/__understudy/journal'" in refusal["error"]["message"]
    assert "/__understudy/rules/{id}" in refusal["error"]["message"]


@pytest.mark.parametrize(
    "path", ["", "/", "/rules/a/b", "/rules//a", "//", "x", "/clock/", "/clock/now/then"]
)
def test_strange_paths_are_answered(admin: Any, path: str) -> None:
    assert admin("GET", path)[0] in (200, 404)


def test_a_method_that_is_not_allowed_is_told_with_those_that_are(admin: Any) -> None:
    page = answer(admin.desk, Request("PATCH", "/__understudy/rules", LOCAL), 0.0)

    assert page.status == 405
    assert page.headers == (("allow", "GET, POST, PUT, DELETE, HEAD"),)
    assert "allowed: GET, POST" in page.document["error"]["message"]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "get", ""])
def test_no_other_method_is(admin: Any, method: str) -> None:
    assert admin(method, "/rules")[0] == 405


def test_a_slash_at_the_end_does_not_matter(admin: Any) -> None:
    assert admin("GET", "/rules/") == admin("GET", "/rules")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "no_json"),
        (b"{", 400, "no_json"),
        (b"\xff", 400, "no_json"),
        (b'{"seed": NaN}', 400, "no_json"),
        (b"[" * 100_000, 400, "no_json"),
        (b'{"seed": 1, "seed": 2.5}', 400, "invalid_value"),
        (b'{"seed": 1' + b" " * BODY_LIMIT + b"}", 413, "body_too_large"),
        (b"null", 400, "invalid_value"),
    ],
)
def test_a_body_that_cannot_be_is_refused(admin: Any, body: bytes, status: int, code: str) -> None:
    found, refusal = admin("PUT", "/seed", body)

    assert (found, refusal["error"]["code"]) == (status, code)


def test_a_body_where_none_is_taken_is_told(admin: Any) -> None:
    status, refusal = admin("DELETE", "/rules", {"name": "one"})

    assert status == 400
    assert "takes no body" in refusal["error"]["message"]


def test_the_gate_is_before_everything(admin: Any) -> None:
    page = answer(admin.desk, Request("GET", "/__understudy/nothing", [(b"host", b"evil.example")]), 0.0)

    assert (page.status, page.document["error"]["code"]) == (403, "foreign_host")


def test_in_a_process_of_ones_own_there_is_no_gate(admin: Any) -> None:
    page = answer(replace(admin.desk, access=None), Request("GET", "/__understudy/health", []), 0.0)

    assert page.status == 200


def test_no_page_of_another_origin_may_read_a_reply(admin: Any) -> None:
    pairs = [*LOCAL, (b"origin", b"http://localhost")]

    head, send = steps(admin.desk, Request("GET", "/__understudy/health", pairs), 0.0)

    names = dict(head.headers)
    assert head.status == 200
    assert b"access-control-allow-origin" not in names
    assert names[b"content-length"] == b"%d" % len(send.data)
    assert names[b"cache-control"] == b"no-store"
    assert json.loads(send.data)["status"] == "ok"


def test_head_is_get_without_a_body(admin: Any) -> None:
    head, send = steps(admin.desk, Request("HEAD", "/__understudy/health", LOCAL), 0.0)

    assert (head.status, send.data) == (200, b"")
    assert int(dict(head.headers)[b"content-length"]) > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["rules", "faults", "limits", "fault", "sequence", "reply", "when", "match", "seed", "parts"]
            )
            | st.text(max_size=5),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([(operation.method, operation.path) for operation in OPERATIONS]),
    st.text(max_size=8),
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40),
    st.binary(max_size=20),
)
def test_nothing_that_comes_breaks_it(
    admin: Any, row: tuple[str, str], name: str, body: bytes, query: bytes
) -> None:
    method, path = row
    path = f"{path.partition('{')[0]}{name}" if "{" in path else path

    page = answer(admin.desk, Request(method, ROOT + path, LOCAL, body, query), 0.0)

    assert page.status in (200, 400, 404, 405, 409)
    json.dumps(page.document)


def test_what_breaks_is_told(admin: Any) -> None:
    page = answer(replace(admin.desk, controls=None), Request("GET", "/__understudy/health", LOCAL), 0.0)

    assert page.status == 500
    assert "AttributeError" in page.document["error"]["message"]
