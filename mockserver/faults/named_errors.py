"""Errors by a short name or by status, as a profile documents them (FACTS D.2, E.2, H)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from understudy.contracts.mistakes import nearest
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver import errors
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.error_words import BY_STATUS, NAMED, Named, Page, Rate, Words
from understudy.mockserver.faults.header_text import check_header
from understudy.mockserver.faults.rate_words import limited, promised, usual_wait
from understudy.mockserver.faults.waits import Told, Wait, read_wait, wait_headers
from understudy.mockserver.wire import Headers

WORDS = ("message", "type", "code", "param")
WAITS = ("retry_after", "retry_after_ms", "should_retry")


def is_error(name: str) -> bool:
    """Return whether *name* is that of an error, or a status from 400 to 599."""
    return name in NAMED or _status(name) is not None


def named_error(
    name: str | int,
    profile: Profile,
    *,
    model: str = "",
    key: str = "",
    request_id: str = "",
    now: float = 0.0,
    retry_after: Told = None,
    retry_after_ms: Told = None,
    should_retry: Told = None,
    headers: Headers = (),
    **words: Any,
) -> ApiError | Verbatim:
    """Return the error *name* (or the one a status stands for) as *profile* words it.

    What comes back is rendered by the profile's form, or, for pages, sent as it is. *model*, *key* and
    *request_id* are those of the request, *now* is seconds since 1970. *retry_after* is in seconds (or
    spelt as ``waits.read_wait`` takes it), *retry_after_ms* in milliseconds; *headers* replace those of
    their names. *words* are ``message``, ``type``, ``code`` and ``param``, in place of the documented
    ones. Raises ValueError for a name or a spelling that does not exist.
    """
    check_parameters(name, words)
    found = _find(name, profile)
    wait, rate = read_wait(retry_after), isinstance(found, Rate)
    facts = {"model": model or "gpt-4o-mini", "key": errors.mask(key), "request": request_id or "req_0"}
    if isinstance(found, Rate) and retry_after is None and retry_after_ms is None:
        wait = Wait(usual_wait(found))
    told = (*wait_headers(wait, retry_after_ms, should_retry, now, both=rate), *headers)
    for header in told:
        check_header(*header)
    if isinstance(found, Page):
        if words:
            raise ValueError(f"{name} answers with a page of its own, which has no {' and no '.join(words)}")
        return _page(found, facts, _laid(told))
    if isinstance(found, Rate):
        error = limited(found, facts["model"], promised(found, wait, retry_after_ms), profile)
    else:
        error = _worded(found, facts)
    return _reworded(error, name, words, _laid((*error.headers, *told)))


def check_parameters(name: str | int, parameters: Iterable[str]) -> None:
    """Raise ValueError for one of *parameters* that the error *name* does not have."""
    known = (*WAITS, "header.NAME", *WORDS)
    for parameter in parameters:
        if parameter not in known:
            raise ValueError(
                f"the error {name} has no parameter {parameter!r}{nearest(parameter, known)}; allowed: "
                f"{', '.join(known)}"
            )


def _find(name: str | int, profile: Profile) -> Named:
    """Return the entry of *name*; what the profile itself answers in another form goes before a page."""
    text = str(name)
    status = _status(text)
    named = BY_STATUS.get(status, "") if status is not None else text
    found = NAMED.get(named)
    if found is None:
        if status is not None:
            kind = "server_error" if status >= 500 else "invalid_request_error"
            return Words(status, "a status without words of its own", f"Error {status}.", kind)
        raise ValueError(
            f"there is no error {text!r}{nearest(text, NAMED)}; there are: {', '.join(NAMED)}, and the "
            "statuses 400 to 599"
        )
    if named == "insufficient_quota" and profile.quota == "402":
        return NAMED["payment_required"]
    bodies = profile.reply.get("error", {})
    if isinstance(found, Page) and found.status == 422 and isinstance(bodies, Mapping) and "422" in bodies:
        return Words(422, found.about, "Field required", voice="model")
    return found


def _status(text: str) -> int | None:
    return int(text) if len(text) == 3 and text.isascii() and text.isdigit() and text[0] in "45" else None


def _reworded(error: ApiError, name: str | int, words: Mapping[str, Any], headers: Headers) -> ApiError:
    """Return *error* with these *headers*, and *words* in the place of its own."""
    given = {word: None if value is None else str(value) for word, value in words.items()}
    message, kind = given.get("message", error.message), given.get("type", error.type)
    if message is None or kind is None:
        raise ValueError(f"{name}: {'message' if message is None else 'type'} is a text, not null")
    return replace(
        error,
        message=message,
        type=kind,
        code=given.get("code", error.code),
        param=given.get("param", error.param),
        headers=headers,
        own=error.own | words.keys(),
    )


def _worded(words: Words, facts: Mapping[str, str]) -> ApiError:
    return ApiError(
        status=words.status,
        message=_filled(words.message, facts),
        type=words.type,
        param=words.param,
        code=words.code,
        voice=words.voice,
    )


def _page(page: Page, facts: Mapping[str, str], told: Headers) -> Verbatim:
    kind = f"{page.kind}; charset=UTF-8" if page.kind == "text/html" else page.kind
    pairs = [("content-type", kind)] if kind else []
    pairs += [("server", page.server)] if page.server else []
    body = _filled(page.body, facts)
    return Verbatim(page.status, _laid((*pairs, *told)), body.encode("utf-8"))


def _laid(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Return *pairs* by lower-case name, of each name the last."""
    return tuple({name.lower(): value for name, value in pairs}.items())


def _filled(text: str, facts: Mapping[str, str]) -> str:
    for name, value in facts.items():  # not `format`: pages have braces of their own
        text = text.replace(f"{{{name}}}", value)
    return text
