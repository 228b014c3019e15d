"""The pytest plugin. pytest loads it in every run, so it imports nothing but pytest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from understudy.pytest_plugin.served import Understudy

__all__ = ["understudy"]


@pytest.fixture
def understudy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Understudy]:
    """A fake of the API for this test alone, served on a URL that ``OpenAI()`` finds by itself.

    ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` point to it. A request that breaks the API's contract,
    or that nobody could answer, fails the test.
    """
    # loaded here: a run that does not use the fixture pays for none of it
    from understudy.pytest_plugin.served import served

    with served() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", fake.api_key)
        yield fake
        complaints = fake.journal.complaints()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
