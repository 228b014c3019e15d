"""A name on the command line to a profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.profile_files import open_profile


def test_a_built_in_profile_is_meant_by_its_name() -> None:
    assert open_profile("toapis") is profile("toapis")


def test_a_file_is_meant_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nextends: toapis\nquota: '402'\n")

    found = open_profile(str(file))

    assert (found.name, found.quota, found.roles) == ("mine", "402", profile("toapis").roles)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("opnai", "no profile 'opnai'"),
        ("nowhere.yaml", "the profile nowhere.yaml cannot be read"),
    ],
)
def test_what_is_neither_is_an_error(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        open_profile(name)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"name: \xff")

    with pytest.raises(ValueError, match="cannot be read"):
        open_profile(str(file))
