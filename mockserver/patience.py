"""How long a client may take. A shell: it reads the clock of the event loop, and ends tasks."""

from __future__ import annotations

import asyncio


class Deadline:
    """How long one client may still take; *passed* once its task was cancelled for being late."""

    __slots__ = ("due", "passed", "task")

    def __init__(self, task: asyncio.Task[object] | None, due: float) -> None:
        self.task = task
        self.due = due
        self.passed = False


class Patience:
    """Lets go of clients that take longer than *seconds*, or up to a quarter more.

    One timer looks after all of them, while there are any: a timer for each would cost as much as
    deciding the reply.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: set[Deadline] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> Deadline:
        """Return the deadline of the current task, from now on."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # the first request, or the first after a pause
            self._loop, self._open = loop, set()
            loop.call_later(self._seconds / 4, self._look, loop)
        deadline = Deadline(asyncio.current_task(), loop.time() + self._seconds)
        self._open.add(deadline)
        return deadline

    def renew(self, deadline: Deadline, beyond: float = 0.0) -> None:
        """Give the client of *deadline* its time anew, and *beyond* seconds more."""
        deadline.due = asyncio.get_running_loop().time() + self._seconds + beyond

    def end(self, deadline: Deadline) -> None:
        """Look after *deadline* no longer."""
        self._open.discard(deadline)

    def __len__(self) -> int:
        """Return how many clients are being looked after."""
        return len(self._open)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            return
        now = loop.time()
        for deadline in [one for one in self._open if one.due <= now]:
            deadline.passed = True
            deadline.due = now + self._seconds  # for the error reply it may get
            if deadline.task is not None:
                deadline.task.cancel()
        if self._open:
            loop.call_later(self._seconds / 4, self._look, loop)
        else:
            self._loop = None
