"""The desk at which an engine is administered."""

from __future__ import annotations

from typing import Any


def test_places_are_told_apart(admin: Any) -> None:
    assert [admin.desk.place(), admin.desk.place()] == ["admin-1", "admin-2"]
