"""uvicorn around the app: sockets, threads and their ends."""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.serve import CannotListen, base_url, listen, serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.virtual import virtual_time


def app() -> App:
    return App(build(Settings()))


def healthy(url: str) -> bool:
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/healthz", timeout=20) as response:  # noqa: S310
        return bool(response.status == 200)


@pytest.fixture
def threads() -> Callable[[], list[str]]:
    """Return what names the servers' threads that were started by this test."""
    before = threading.enumerate()  # another test's fixture may serve for the whole session

    def started() -> list[str]:
        now = [thread for thread in threading.enumerate() if thread not in before]
        return [thread.name for thread in now if thread.name == "understudy"]

    return started


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_the_url_serves_while_the_context_is_open(threads: Callable[[], list[str]]) -> None:
    with serving(app()) as url:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        assert healthy(url)
        assert threads() == ["understudy"]

    assert threads() == []
    with pytest.raises(OSError, match="refused"):
        healthy(url)


def test_it_ends_when_the_test_fails_inside(threads: Callable[[], list[str]]) -> None:
    with pytest.raises(RuntimeError, match="inside"), serving(app()):
        raise RuntimeError("inside")

    assert threads() == []


def test_two_servers_have_ports_of_their_own() -> None:
    with serving(app()) as one, serving(app()) as two:
        assert one != two
        assert healthy(one)
        assert healthy(two)


def test_servers_can_follow_one_another_on_one_port() -> None:
    with serving(app()) as url:
        port = int(url.rsplit(":", 1)[1].removesuffix("/v1"))

    for _ in range(5):
        with serving(app(), port=port) as again:
            assert again == url
            assert healthy(again)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_ipv6_is_written_in_brackets() -> None:
    with serving(app(), host="::1") as url:
        assert url.startswith("http://[::1]:")
        assert healthy(url)


def test_an_address_for_all_interfaces_is_shown_as_one_to_ask() -> None:
    with listen("0.0.0.0", 0) as listener:  # noqa: S104
        assert base_url(listener).startswith("http://127.0.0.1:")


def test_a_taken_port_is_told_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            CannotListen, match=rf"^cannot listen on 127\.0\.0\.1:{port}: .+; --port 0 takes a free one$"
        ):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 70_000),
        ("no-such-host.invalid", 0),
        ("192.0.2.1", 0),
        ("", -1),
        ("\ud800", 0),
        ("a" * 64, 0),
    ],
)
def test_what_cannot_be_had_is_told(host: str, port: int) -> None:
    with pytest.raises(CannotListen):
        listen(host, port)


def test_open_connections_do_not_hold_it_up(threads: Callable[[], list[str]]) -> None:
    with serving(app()) as url:
        connection = HTTPConnection(url.removeprefix("http://").removesuffix("/v1"), timeout=20)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        half = socket.create_connection((connection.host, connection.port), timeout=20)
        half.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{")

    assert threads() == []
    connection.close()
    half.close()


def test_a_server_started_in_virtual_time_keeps_real_time() -> None:
    with virtual_time() as line, serving(app()) as url:
        for _ in range(3):  # the server's own ticks come every tenth of a second
            assert healthy(url)
            threading.Event().wait(0.1)
        elapsed = line.elapsed

    assert elapsed == 0
