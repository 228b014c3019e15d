"""Bodies are read within bounds and held against their schema."""

from __future__ import annotations

import pytest

from understudy.mockserver.admin.bodies import BODY_LIMIT, judged, read_json
from understudy.mockserver.admin.problems import Problem


def test_any_json_value_is_read() -> None:
    assert read_json(b' "a" ') == ("a", ' "a" ')


def test_one_byte_more_than_allowed_is_refused() -> None:
    assert read_json(b"1" + b" " * (BODY_LIMIT - 1))[0] == 1
    with pytest.raises(Problem, match=f"{BODY_LIMIT + 1} bytes, expected at most {BODY_LIMIT}"):
        read_json(b"1" + b" " * BODY_LIMIT)


def test_what_is_wrong_is_named_by_line_and_path() -> None:
    text = '{\n"seed": "x"\n}'

    with pytest.raises(Problem, match=r"body:2: \$\.seed: expected integer, got 'x'") as caught:
        judged("Seed", {"seed": "x"}, text)

    assert caught.value.param == "$.seed"
