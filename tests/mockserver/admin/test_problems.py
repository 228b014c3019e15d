"""The envelope of what is refused."""

from __future__ import annotations

from understudy.mockserver.admin.problems import Problem, missing, unknown


def test_one_envelope() -> None:
    assert Problem(400, "bad", "it is bad", param="x").document == {
        "error": {"message": "it is bad", "type": "understudy_admin", "param": "x", "code": "bad"}
    }


def test_the_nearest_is_named_and_long_names_are_cut() -> None:
    assert str(unknown("field", "modle", ["model", "seed"])) == (
        "unknown field 'modle'; nearest is 'model'; allowed: model, seed"
    )
    assert len(str(missing("rule", "x" * 10_000, "look again"))) < 200
