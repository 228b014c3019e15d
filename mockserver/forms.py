"""How one API lays out what is said: the four places where profiles differ on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from understudy.contracts import Family
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver import headers
from understudy.mockserver.chat import Answer, ChatRequest, Document
from understudy.mockserver.encode import encode
from understudy.mockserver.errors import ApiError, documented
from understudy.mockserver.headers import Pairs
from understudy.mockserver.identity import Stamp
from understudy.mockserver.usage import Counts, usage_document


class Laid(Protocol):
    """An answer laid out but for its stamp; *events* is None for a reply that is no stream."""

    @property
    def events(self) -> tuple[str, ...] | None: ...

    def text(self, stamp: Stamp) -> str: ...


@dataclass(frozen=True, slots=True)
class Form:
    """*usage* makes the usage member, *encode* lays an answer out, *success* gives the headers around it,
    *failure* the body and the headers of an error."""

    usage: Callable[[Counts, Family], Mapping[str, Any]]
    encode: Callable[[ChatRequest, Answer, Family, Document], Laid]
    success: Callable[[Stamp, int, int | None], Pairs]
    failure: Callable[[ApiError, Stamp], tuple[bytes, Pairs]]


def form_of(profile: Profile) -> Form:
    """Return how *profile* lays out its replies. Raises ValueError for a ``reply`` that cannot be read."""
    if profile.reply:
        return _described(profile)
    return Form(usage_document, encode, headers.success, partial(_failure, profile))


def _failure(profile: Profile, error: ApiError, stamp: Stamp) -> tuple[bytes, Pairs]:
    told = documented(error, profile.error(error.status))
    body = told.body()
    return body, headers.failure(told, stamp, len(body))


def _described(profile: Profile) -> Form:
    """Return the form that the ``reply`` of *profile* describes."""
    # here: a tenth of the time to start, and OpenAI's own form needs none of it
    from understudy.mockserver.dialects.dialect import dialect_of
    from understudy.mockserver.dialects.failures import error_reply
    from understudy.mockserver.dialects.heads import success_headers
    from understudy.mockserver.dialects.replies import encode as laid_out
    from understudy.mockserver.dialects.replies import usage_of

    dialect = dialect_of(profile.reply)

    def failure(error: ApiError, stamp: Stamp) -> tuple[bytes, Pairs]:
        return error_reply(error, dialect, profile.error(error.status), stamp)

    return Form(
        partial(usage_of, dialect=dialect),
        partial(laid_out, dialect=dialect),
        partial(success_headers, dialect),
        failure,
    )
