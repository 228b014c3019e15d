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
        ("opnai", "no profile 'opnai'; there are: .*; nearest is 'openai'"),
        ("", "no profile ''; there are: openai"),
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


MISTAKES = """name: mine
extends: xai
reply:
  draws: {mine: "{hex:99}"}
  completion:
    id: $mine
    choices: $chioces
  stream:
    before:
      - {id: $id}
      - {id: $correlation}
  headers:
    all:
      x-id: "{uid}"
  message: {content: $1}
"""


def test_each_mistake_in_a_reply_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MISTAKES)

    with pytest.raises(ValueError) as caught:
        open_profile(str(file))

    told = [line.removeprefix(f"{file}:") for line in str(caught.value).splitlines()]
    places = (
        "4: $.reply.draws.mine: {hex:N} takes N from 1 to 64, got '99'",
        "7: $.reply.completion.choices: nothing is called $chioces; there are: $choices, ",
        "11: $.reply.stream.before[1].id: nothing is called $correlation",
        "14: $.reply.headers.all['x-id']: no part {uid} in patterns",
        "15: $.reply.message.content: '$1' is no $name",
    )
    assert len(told) == len(places)
    for line, place in zip(told, places, strict=True):
        assert line.startswith(place)


def test_a_reply_may_name_what_it_inherits(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nextends: mistral\nreply: {choice: {index: $correlation}}\n")

    assert open_profile(str(file)).reply["choice"] == {"index": "$correlation"}
