"""Every module has a test file of its name, or is named here with the file that tests it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("contracts", "mockserver", "fixtures", "pytest_plugin")

# tests -> modules that have no way in of their own: tables and parts of the one that the tests are of
THROUGH_ANOTHER = {
    "contracts/exchanges/test_check.py": ("contents", "rules", "tools"),
    "contracts/replies/test_completions.py": ("completion_rules", "rules", "schemas"),
    "contracts/requests/test_check.py": (
        "fields",
        "findings",
        "history",
        "models",
        "schemas",
        "shape",
        "words",
    ),
    "contracts/streams/test_check.py": ("choices", "constants", "rules"),
    "contracts/streams/test_framing.py": ("framing_rules",),
    "contracts/test_wording.py": ("violations",),  # a value; how it reads is the point
    "mockserver/generation/test_source.py": ("logprobs", "prose", "tool_choice"),
    "mockserver/instances/test_instance.py": (
        "alternatives",
        "drawing",
        "formats",
        "numbers",
        "patterns",
        "plan",
        "references",
        "shapes",
        "strings",
    ),
    "mockserver/recordings/test_recording.py": ("form",),
    "mockserver/scripts/test_index.py": ("conditions", "rule"),
    "mockserver/scripts/test_scenario.py": ("read_answer",),
    "mockserver/scripts/test_templates.py": ("bounds", "sandbox", "variables"),
    "mockserver/tokens/test_bpe.py": ("vocabulary",),
    "mockserver/tokens/test_counting.py": ("blocks", "media", "tools"),
    "mockserver/test_clock.py": ("parked",),
    "mockserver/test_planner.py": ("plans",),
    "mockserver/virtual/test_context.py": ("dates", "loops", "patches", "scope"),
    "pytest_plugin/test_plugin.py": ("served",),
}
ELSEWHERE = {
    f"{Path(tests).parent.as_posix()}/{module}.py": tests
    for tests, several in THROUGH_ANOTHER.items()
    for module in several
}


def modules() -> list[str]:
    return [
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
    ]


def own(module: str) -> str:
    path = Path(module)
    return f"{path.parent.as_posix()}/test_{path.name}"


@pytest.mark.parametrize("module", modules())
def test_a_module_has_its_tests(module: str) -> None:
    tests = ROOT / "tests" / ELSEWHERE.get(module, own(module))

    assert tests.is_file(), f"{module} has no tests at {tests.relative_to(ROOT)}"


@pytest.mark.parametrize("module", ELSEWHERE)
def test_an_exception_is_needed(module: str) -> None:
    assert (ROOT / module).is_file(), f"{module} is no more; take it off the list"
    assert not (ROOT / "tests" / own(module)).exists(), f"{module} has its own tests; take it off the list"
