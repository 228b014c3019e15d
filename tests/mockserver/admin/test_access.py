"""Who may administer: by address, host, origin and token."""

from __future__ import annotations

import pytest

from understudy.mockserver.admin.access import Access, is_among, is_loopback, secrets
from understudy.mockserver.admin.problems import Problem
from understudy.mockserver.wire import Request

TOKEN = "correct-horse"


def admit(access: Access, host: str | None = "127.0.0.1:8000", **headers: str) -> int:
    """Return the status of the refusal, 0 where the request is let in."""
    pairs = [] if host is None else [(b"host", host.encode())]
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    try:
        access.admit(Request("GET", "/__understudy/health", pairs))
    except Problem as problem:
        return problem.status
    return 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("me.localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_told(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "localhost:1", "[::1]:8000", "LocalHost:9"])
def test_this_machine_is_let_in(host: str) -> None:
    assert admit(Access(), host) == 0


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example#localhost",
        "localhost/evil.example",
        "[::1",
        "",
        "x" * 300,
        None,
    ],
)
def test_a_rebound_name_is_not(host: str | None) -> None:
    assert admit(Access(), host) == 403
    assert admit(Access(token=TOKEN), host, x_understudy_token=TOKEN) == 403


def test_two_hosts_are_none() -> None:
    twice = [(b"host", b"localhost"), (b"host", b"evil.example")]

    with pytest.raises(Problem, match="2 Host headers") as caught:
        Access().admit(Request("GET", "/__understudy/health", twice))

    assert caught.value.status == 403


def test_the_host_that_was_bound_is_ours() -> None:
    bound = Access(host="mock.internal", token=TOKEN)

    assert admit(bound, "mock.internal:8000", x_understudy_token=TOKEN) == 0
    assert admit(bound, "other.internal:8000", x_understudy_token=TOKEN) == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104
def test_bound_everywhere_any_name_may_be_ours_and_the_token_decides(host: str) -> None:
    everywhere = Access(host=host, token=TOKEN)

    assert admit(everywhere, "mock.internal", x_understudy_token=TOKEN) == 0
    assert admit(everywhere, "mock.internal") == 401
    assert admit(everywhere, "a b", x_understudy_token=TOKEN) == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "mock.internal", ""])  # noqa: S104
def test_beyond_this_machine_and_without_a_token_there_is_nothing(host: str) -> None:
    closed = Access(host=host)

    assert not closed.is_open
    assert admit(closed, "127.0.0.1") == 404
    assert admit(closed, host or "x") == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x_understudy_token": TOKEN}, 0),
        ({"authorization": f"Bearer {TOKEN}"}, 0),
        ({"authorization": f"bearer  {TOKEN}"}, 0),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": TOKEN}, 401),
        ({"x_understudy_token": TOKEN[:-1]}, 401),
        ({"x_understudy_token": ""}, 401),
        ({"x_understudy_token": "ü"}, 401),
        ({"authorization": "Bearer sk-1", "x_understudy_token": TOKEN}, 0),
    ],
)
def test_the_token_is_asked_for_where_there_is_one(headers: dict[str, str], status: int) -> None:
    assert admit(Access(token=TOKEN), **headers) == status


def test_a_token_may_hold_any_letter() -> None:
    pairs = [(b"host", b"localhost"), (b"x-understudy-token", "gr\u00fcn".encode("utf-8"))]

    Access(token="gr\u00fcn").admit(Request("GET", "/__understudy/health", pairs))


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 0),
        ("HTTP://127.0.0.1:8000", 403),
        ("https://evil.example", 403),
        ("http://127.0.0.1:9999", 403),
        ("http://localhost:8000", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_page_of_another_site_is_refused(origin: str, status: int) -> None:
    assert admit(Access(), origin=origin) == status
    assert admit(Access(token=TOKEN), origin=origin, x_understudy_token=TOKEN) == status


def test_refusals_never_show_the_token() -> None:
    access = Access(token=TOKEN)

    with pytest.raises(Problem) as caught:
        access.admit(Request("GET", "/__understudy/health", [(b"host", b"localhost")]))

    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(access)


def test_secrets_are_read_where_they_stand() -> None:
    pairs = [(b"authorization", b"bearer one"), (b"authorization", b"Basic no"), (b"api-key", b" tw\xf6 ")]
    given = secrets(Request("GET", "/", pairs), b"api-key")

    assert given == ["twö", "one"]
    assert is_among(given, [b"three", "twö".encode("latin-1")])
    assert not is_among(given, [b"three", b"on", b""])
    assert not is_among([], [b"one"])
