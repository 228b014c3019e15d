"""Ledger, clock, seed, reset, namespaces, health."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from understudy.mockserver.admin.clockface import Clockface
from understudy.mockserver.admin.namespaces import Namespaces
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.controls import PARTS


def test_a_sign_of_life(admin: Any) -> None:
    assert admin("GET", "/health")[1] == {
        "status": "ok",
        "profile": "openai",
        "namespace": "default",
        "requests_kept": 0,
    }


def test_the_ledger_is_read_and_begun_anew(admin: Any) -> None:
    admin.chat()

    assert admin("GET", "/ledger")[1]["total"]["requests"] == 1
    assert admin("DELETE", "/ledger") == (200, {"removed": 1})
    assert admin("GET", "/ledger")[1]["total"]["requests"] == 0


def test_the_real_clock_is_read_and_not_moved(admin: Any) -> None:
    status, clock = admin("GET", "/clock")

    assert (status, clock["kind"], clock["can_advance"]) == (200, "real", False)
    status, refusal = admin("POST", "/clock/advance", {"seconds": 1})
    assert (status, refusal["error"]["code"]) == (409, "clock_not_movable")


def test_a_virtual_clock_is_moved(admin: Any) -> None:
    clock = VirtualClock(1000.0)
    admin.desk = replace(admin.desk, clock=Clockface("virtual", clock.now, advance=clock.advance))

    assert admin("POST", "/clock/advance", {"seconds": 60.5})[1]["now"] == 1060.5
    assert admin("GET", "/clock")[1]["can_advance"] is True


@pytest.mark.parametrize("seconds", [-1, "60", None, 1e12, True])
def test_time_goes_forward_within_bounds(admin: Any, seconds: Any) -> None:
    status, refusal = admin("POST", "/clock/advance", {"seconds": seconds})

    assert status == 400
    assert "$.seconds" in refusal["error"]["message"]


def test_the_seed_is_set(admin: Any) -> None:
    assert admin("PUT", "/seed", {"seed": 7}) == (200, {"seed": 7})
    assert admin("GET", "/seed")[1] == {"seed": 7}
    assert admin.engine.settings.seed == 7
    assert admin("PUT", "/seed", {"seed": 2**80})[0] == 400
    assert admin("PUT", "/seed", {"sed": 1})[0] == 400


@pytest.mark.parametrize("body", [None, {}, {"parts": []}])
def test_a_reset_is_of_everything(admin: Any, body: Any) -> None:
    said = admin.says()
    admin("PUT", "/seed", {"seed": 7})
    admin("PUT", "/faults", {"faults": [503]})
    admin("PUT", "/limits", {"limits": [{"requests_per_day": 1}]})
    admin("POST", "/rules", {"reply": "Scripted."})

    assert admin("POST", "/reset", body) == (200, {"reset": list(PARTS)})

    assert admin("GET", "/journal")[1]["data"] == []
    assert admin("GET", "/ledger")[1]["total"]["requests"] == 0
    assert [admin("GET", f"/{part}")[1]["data"] for part in ("rules", "faults", "limits")] == [[], [], []]
    assert [admin.says(), admin.says()] == [said, said]


def test_a_reset_is_of_the_parts_named(admin: Any) -> None:
    assert admin("POST", "/reset", {"parts": ["ledger", "journal", "journal"]})[1] == {
        "reset": ["journal", "ledger"]
    }

    status, refusal = admin("POST", "/reset", {"parts": ["jurnal"]})

    assert status == 400
    assert "nearest is 'journal'" in refusal["error"]["message"]


def test_namespaces_are_listed_and_removed(admin: Any) -> None:
    assert admin("GET", "/namespaces")[1] == {"object": "list", "data": [], "limit": 0, "dropped": 0}
    spaces: Namespaces[str] = Namespaces("default", str)
    spaces.engine("a")
    admin.desk = replace(admin.desk, spaces=spaces)

    assert admin("GET", "/namespaces")[1]["data"] == [{"name": "a"}]
    assert admin("DELETE", "/namespaces/a") == (200, {"removed": 1})
    assert admin("DELETE", "/namespaces/a")[0] == 404
