"""The measure: an ASGI app that only reads the body and sends constant bytes.

It is served by the same uvicorn as Understudy. What it sends is what Understudy once sent, read from
the file that ``BARE_REPLY`` names; a stream goes out an event a message, as streaming servers send it,
or in one message with ``BARE_JOINED=1``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

REPLY = Path(os.environ["BARE_REPLY"]).read_bytes()
STREAM = REPLY.startswith(b"data: ")
EVENTS = [event + b"\n\n" for event in REPLY.split(b"\n\n") if event]
PIECES = EVENTS if STREAM and not os.environ.get("BARE_JOINED") else [REPLY]
JSON_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(REPLY))]
HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8")] if STREAM else JSON_HEADERS
START = {"type": "http.response.start", "status": 200, "headers": HEADERS}


async def app(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send(START)
    last = len(PIECES) - 1
    for number, piece in enumerate(PIECES):
        await send({"type": "http.response.body", "body": piece, "more_body": number < last})
