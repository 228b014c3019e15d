"""Libraries that are first imported inside ``virtual_time``: in a process of their own, where none is yet."""

from __future__ import annotations

import subprocess
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from understudy.mockserver.virtual import virtual_time

BOUND = 60.0  # seconds that a process may take before it counts as stuck

BACKOFF = """
import sys, time
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual import virtual_time
before = list(sys.meta_path)
with virtual_time(VirtualClock(1_800_000_000)) as line:
    import backoff
    @backoff.on_exception(backoff.constant, ValueError, interval=20, jitter=None, max_time=50)
    def fail():
        raise ValueError
    try:
        fail()
    except ValueError:
        print(sum(line.seconds))
import datetime
assert backoff._sync.datetime is datetime, "left behind"
assert sys.meta_path == before, "left behind"
"""
TRIO = """
import sys
from understudy.mockserver.virtual import virtual_time
with virtual_time() as line:
    import trio
    async def main():
        await trio.sleep(30)
        with trio.move_on_after(20):
            await trio.sleep_forever()
        await trio.to_thread.run_sync(__import__("time").sleep, 10)
    trio.run(main)
    print(round(line.elapsed, 3))
assert trio.run.__module__.startswith("trio"), "left behind"
"""


@pytest.mark.parametrize(
    ("library", "source", "said"), [("backoff", BACKOFF, "50.0"), ("trio", TRIO, "60.0")]
)
def test_what_is_imported_inside_is_virtual_too(library: str, source: str, said: str) -> None:
    pytest.importorskip(library)

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=BOUND)

    assert (done.stdout.strip(), done.stderr) == (said, "")


def test_nothing_is_left_behind_when_entering_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = ModuleType("trio")  # of what is replaced in it, it has nothing
    vars(stub)["_core"] = SimpleNamespace(_thread_cache=None)
    monkeypatch.setitem(sys.modules, "trio", stub)
    sleep, finders = time.sleep, list(sys.meta_path)

    with pytest.raises(AttributeError, match="trio"), virtual_time():
        pass

    assert time.sleep is sleep
    assert sys.meta_path == finders
