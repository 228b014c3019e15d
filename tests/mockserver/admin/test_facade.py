"""What the admin API asks of an engine."""

from __future__ import annotations

from understudy.mockserver.admin.facade import PARTS


def test_parts_are_named_once() -> None:
    assert len(set(PARTS)) == len(PARTS)
