"""The route table."""

from __future__ import annotations

from understudy.mockserver.admin.openapi import NAMED
from understudy.mockserver.admin.routes import OPERATIONS, TABLE


def test_no_row_hides_another() -> None:
    assert sum(len(methods) for methods in TABLE.values()) == len(OPERATIONS)


def test_a_path_names_one_thing_at_its_end() -> None:
    for path in TABLE:
        assert NAMED.findall(path) == ([path.rpartition("{")[2][:-1]] if "{" in path else [])
        assert "{" not in path or path.endswith("}")
