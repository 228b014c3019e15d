"""The served URL on a clock that runs ahead: a window of a minute is over in a second."""

from __future__ import annotations

import time

import openai

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.clock import ScaledClock
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings

FACTOR = 60.0


def test_who_waits_a_sixtieth_of_what_it_was_told_is_served() -> None:
    engine = build(Settings(limits=(Limit(requests_per_minute=1),)))
    clock = ScaledClock(FACTOR)

    with (
        serving(App(engine, clock=clock.now, speed=FACTOR)) as url,
        openai.OpenAI(base_url=url, api_key="sk-a", max_retries=0) as client,
    ):

        def ask() -> float:
            """Return how many seconds it was told to wait; 0 where it was served."""
            try:
                client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
            except openai.RateLimitError as refused:
                return float(refused.response.headers["retry-after-ms"]) / 1000
            return 0.0

        told = next(seconds for seconds in (ask() for _ in range(100)) if seconds)  # two within a second
        assert told <= 60  # of the server's seconds
        time.sleep(clock.lasts(told))

        assert ask() == 0
