"""Virtual time for the code under test: its waits move a clock instead of holding it up."""

from understudy.mockserver.virtual.context import RETRY_MODULES, virtual_time
from understudy.mockserver.virtual.timeline import TimeLine, Waited

__all__ = ["RETRY_MODULES", "TimeLine", "Waited", "virtual_time"]
