"""``__all__`` of each package is what it offers: nothing forgotten, nothing by accident."""

from __future__ import annotations

import importlib
import sys
from inspect import isclass, isfunction

import pytest

PACKAGES = (
    "understudy.contracts",
    "understudy.fixtures",
    "understudy.mockserver",
    "understudy.pytest_plugin",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_what_is_public(name: str) -> None:
    package = importlib.import_module(name)

    ours = {
        key
        for key, value in vars(package).items()
        if not key.startswith("_") and str(getattr(value, "__module__", "")).startswith("understudy")
    }

    assert ours - set(package.__all__) == set()
    assert [key for key in package.__all__ if not hasattr(package, key)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_sorted_and_documented(name: str) -> None:
    package = importlib.import_module(name)
    offered = {key: getattr(package, key) for key in package.__all__}

    assert list(package.__all__) == sorted(package.__all__)
    assert package.__doc__
    assert [key for key, value in offered.items() if isfunction(value) and not value.__doc__] == []
    assert [key for key, value in offered.items() if isclass(value) and not value.__doc__] == []


def test_no_folder_of_ours_is_a_top_level_module() -> None:
    assert not {"contracts", "fixtures", "mockserver", "pytest_plugin"} & set(sys.modules)
