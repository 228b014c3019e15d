"""The rows for what is no list."""

from __future__ import annotations

from understudy.mockserver.admin.control_routes import CONTROLS
from understudy.mockserver.admin.routes import OPERATIONS


def test_they_are_in_the_table() -> None:
    assert set(map(id, CONTROLS)) <= set(map(id, OPERATIONS))
