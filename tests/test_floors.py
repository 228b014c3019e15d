"""Imports point down, and the core does no I/O: read from the source, whatever the tests load."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("contracts", "mockserver", "fixtures", "pytest_plugin")

SHELLS = {
    "app",
    "serve",
    "protocol",
    "cassettes",
    "patience",
    "performance",
    "transport",
    "underway",
    "clock",
    "virtual",
    "tape_files",
}
COMMANDS = {"cli", "__main__", "reporting", "profile_files", "serve_checks", "serve_options"}
MAY_MEET = {  # shells that may import one another
    ("serve", "app"),
    ("serve", "protocol"),
    ("app", "patience"),
    ("app", "performance"),
    ("performance", "patience"),
    ("transport", "clock"),
    ("transport", "underway"),
    ("underway", "clock"),
    ("virtual", "clock"),
    ("virtual", "virtual"),
}

FORBIDDEN_IN_CORE = {
    "anyio",
    "asyncio",
    "click",
    "httpx",
    "httpx2",
    "respx",
    "socket",
    "starlette",
    "time",
    "uvicorn",
}
GLOBAL_DICE = {
    "random",
    "randint",
    "choice",
    "choices",
    "shuffle",
    "sample",
    "seed",
    "uniform",
    "getrandbits",
}


class Import(NamedTuple):
    target: str
    line: int


def modules() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor(module: str) -> int:
    folder, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    if folder == "contracts":
        return 0
    if folder == "fixtures" or room == "build":
        return 3
    if folder == "pytest_plugin" or room in COMMANDS or room.endswith("_command"):
        return 4
    return 2 if room in SHELLS else 1


def imports(path: Path) -> Iterator[Import]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield Import(str(node.module), node.lineno)
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def ours(target: str) -> str | None:
    """Return the module of ours that *target* names, without the roof; None for anything else."""
    parts = target.split(".")
    if parts[0] != "understudy":
        return None
    while len(parts) > 1:
        path = ROOT.joinpath(*parts[1:])
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            return ".".join(parts[1:])
        parts.pop()
    return None


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_point_down(path: Path) -> None:
    here = name(path)

    for target, line in imports(path):
        below = ours(target)
        if below is not None:
            assert floor(below) <= floor(here), f"{path}:{line} imports upwards: {below}"


@pytest.mark.parametrize("path", [p for p in modules() if floor(name(p)) == 2], ids=name)
def test_shells_do_not_know_one_another(path: Path) -> None:
    here = name(path)

    for target, line in imports(path):
        other = ours(target)
        if other is None or other == here or floor(other) != 2:
            continue
        pair = (here.split(".")[1], other.split(".")[1])
        assert pair in MAY_MEET, f"{path}:{line} imports the shell {other}"


@pytest.mark.parametrize("path", [p for p in modules() if floor(name(p)) <= 1], ids=name)
def test_the_core_does_no_io(path: Path) -> None:
    for target, line in imports(path):
        assert target.split(".")[0] not in FORBIDDEN_IN_CORE, f"{path}:{line} brings {target} into the core"
        assert target not in {f"random.{dice}" for dice in GLOBAL_DICE}, f"{path}:{line} imports global dice"


@pytest.mark.parametrize("path", [p for p in modules() if floor(name(p)) <= 1], ids=name)
def test_the_core_throws_no_dice_it_was_not_given(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "random":
            assert node.attr not in GLOBAL_DICE, f"{path}:{node.lineno} uses the global random.{node.attr}"


def test_there_is_no_cycle() -> None:
    graph = {
        name(path): {other for target, _ in imports(path) if (other := ours(target)) and other != name(path)}
        for path in modules()
    }
    # a package's own __init__ gathers its modules; what they import of it is no cycle of rooms
    gathered = {module: {o for o in others if o not in FOLDERS} for module, others in graph.items()}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"a cycle: {' -> '.join((*way[way.index(module) :], module))}"
        if module in done:
            return
        for other in sorted(gathered.get(module, ())):
            visit(other, (*way, module))
        done.add(module)

    for module in sorted(gathered):
        visit(module, ())


def test_the_judge_sees_what_it_should() -> None:
    assert [floor(m) for m in ("contracts.streams", "mockserver.engine", "mockserver.app")] == [0, 1, 2]
    assert [floor(m) for m in ("fixtures", "mockserver.cli", "pytest_plugin")] == [3, 4, 4]
    assert ours("understudy.mockserver.wire.Request") == "mockserver.wire"
    assert ours("starlette.types") is None
