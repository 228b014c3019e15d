"""The way in: a request below ``/__understudy/`` to a page. Nothing else of the server has to know more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from understudy.contracts.mistakes import nearest
from understudy.mockserver.admin.bodies import judged, read_json
from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.operation import ROOT, Call, Operation
from understudy.mockserver.admin.problems import Problem, invalid, shortened, unknown
from understudy.mockserver.admin.routes import TABLE
from understudy.mockserver.wire import Head, Headers, Request, Send, raw

_SELF_JUDGED = ("RulesGiven", "FaultsGiven")  # their handlers say more precisely what is wrong
_MOST_PARAMETERS = 100


class Page(NamedTuple):
    """A status and a JSON *document*."""

    status: int
    document: Mapping[str, Any]
    headers: Headers = ()


def answer(desk: Desk, request: Request, now: float) -> Page:
    """Return what *request* (its path without a namespace) is answered with at *now*. Never raises."""
    try:
        if desk.access is not None:
            desk.access.admit(request)
        operation, name = _find(request.method, request.path)
        query = _query(operation, request.query)
        body, text = _body(operation, request.body)
        return Page(200, operation.handler(desk, Call(name, query, body, text, now)))
    except Problem as problem:
        return Page(problem.status, problem.document, problem.headers)
    except Exception as error:  # ours; whoever administers is the one to hear of it
        told = f"the understudy failed to do this: {type(error).__name__}: {shortened(str(error))}"
        return Page(500, Problem(500, "broke_down", told).document)


def steps(desk: Desk, request: Request, now: float) -> tuple[Head, Send]:
    """Return the reply to *request*, as a shell performs it. No page of another origin may read it."""
    page = answer(desk, request, now)
    body = (json.dumps(page.document, indent=2) + "\n").encode("ascii")
    own = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    return Head(page.status, [*own, *raw(page.headers)]), Send(b"" if request.method == "HEAD" else body)


def _find(method: str, path: str) -> tuple[Operation, str]:
    """Return the operation, and what the path names. Raises Problem: 404 or 405, with what there is."""
    below = path[len(ROOT) :].rstrip("/")
    methods, name = TABLE.get(below), ""
    if methods is None:
        parent, _, name = below.rpartition("/")
        held = [known for known in TABLE if known.startswith(f"{parent}/{{")] if name else []
        methods = TABLE[held[0]] if held else None
    if methods is None:
        paths = [ROOT + known for known in TABLE]
        near = nearest(path[:200], paths)
        raise Problem(
            404,
            "unknown_path",
            f"there is no {shortened(path)!r}{near}; there are: {', '.join(paths)}",
            param="path",
        )
    operation = methods.get("GET" if method == "HEAD" else method)
    if operation is None:
        allowed = ", ".join((*methods, *(["HEAD"] if "GET" in methods else [])))
        message = f"not allowed to {shortened(method, 20)} {shortened(path)}; allowed: {allowed}"
        raise Problem(405, "unknown_method", message, param="method", headers=(("allow", allowed),))
    return operation, name


def _query(operation: Operation, query: bytes) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in operation.query}
    read: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise invalid(f"the query has more than {_MOST_PARAMETERS} parameters") from None
    for name, text in pairs:
        if name not in known:
            raise unknown("parameter", name, known)
        if name in read:
            raise invalid(f"{name} stands twice; several values go into one, with commas between", name)
        read[name] = known[name].read(text)
    return read


def _body(operation: Operation, body: bytes) -> tuple[Any, str]:
    if not operation.body:
        if body.strip():
            raise invalid(
                f"{operation.method} {ROOT}{operation.path} takes no body; {len(body)} bytes came", "body"
            )
        return None, ""
    if operation.optional and not body.strip():
        return None, ""
    value, text = read_json(body)
    return (value if operation.body in _SELF_JUDGED else judged(operation.body, value, text)), text
