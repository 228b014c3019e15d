"""uvicorn around the app: in the foreground for the command line, in a thread for tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from understudy.mockserver.app import App
from understudy.mockserver.protocol import JoiningProtocol

BACKLOG = 2048
GRACE = 1  # seconds that open streams get when the server is told to end


class CannotListen(Exception):
    """The address cannot be had; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket listening on *host* and *port* (0: any free one), or raise CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError, TypeError, ValueError) as error:  # the last two: a name that is none
        listener.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CannotListen(f"cannot listen on {host}:{port}: {reason}; --port 0 takes a free one") from error
    return listener


def base_url(listener: socket.socket) -> str:
    """Return the URL for ``OPENAI_BASE_URL``, with the ``/v1`` the SDKs expect."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else {"0.0.0.0": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{shown}:{port}/v1"


def run(app: App, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve in this thread until a signal ends it. Streams that are open get GRACE seconds.

    *ready* is called once signals are heeded: an interrupt before that may be lost in an import.
    """
    with suppress(KeyboardInterrupt):  # uvicorn hands the signal on once it has shut down
        _server(app, ready).run(sockets=[listener])


@contextmanager
def serving(app: App, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve *app* in a thread while the context is open; yield its base URL.

    Raises CannotListen, and RuntimeError when the server ends before it has started.
    """
    listener = listen(host, port)
    server = _server(app)
    thread = _Thread(target=server.run, kwargs={"sockets": [listener]}, name="understudy", daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield base_url(listener)
    finally:
        server.should_exit = True
        thread.join(timeout=GRACE + 5)
        listener.close()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        thread.join(timeout=0.001)
        if not thread.is_alive() and not server.started:
            raise RuntimeError("the server ended before it had started")


class _Thread(threading.Thread):
    keeps_real_time = True  # heeded by virtual_time: the server's own ticks would let hours pass in it


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _server(app: App, ready: Callable[[], None] = lambda: None) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=JoiningProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what users should hear of comes from the journal
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
        backlog=BACKLOG,
    )
    return _Server(config, ready)
