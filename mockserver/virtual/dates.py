"""``datetime``, for the module that measures its time by ``datetime.now()``: backoff, for ``max_time``."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from types import SimpleNamespace


def virtual_datetime(now: Callable[[], float]) -> SimpleNamespace:
    """Return what stands in for the module ``datetime``: its ``datetime.now()`` is *now* (seconds since
    1970), read anew at each call."""

    class Virtual(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Virtual:
            return cls.fromtimestamp(now(), tz)

    return SimpleNamespace(**{**vars(datetime), "datetime": Virtual})
