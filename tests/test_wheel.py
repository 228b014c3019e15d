"""What is installed: one name, with its data, and nothing loaded that nobody asked for."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WEB = ("starlette", "uvicorn", "httpx", "httpx2", "respx", "faker", "jsonschema", "click")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as pip would build it from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(build("wheel", ROOT, folder))


def build(kind: str, source: Path, into: Path) -> Path:
    """Return the distribution that the build backend makes of *source*."""
    script = f"import sys; from hatchling.build import build_{kind}; print(build_{kind}(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(into)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules a fresh interpreter has loaded after *statement*."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-B", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return {module.partition(".")[0] for module in json.loads(done.stdout.splitlines()[-1])}


def test_the_wheel_has_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"understudy"}
    assert "understudy/__init__.py" not in wheel.namelist()


def test_a_wheel_from_the_source_distribution_is_the_same(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Beside an editable install too, whose links lead to the folders a second time."""
    sdist = build("sdist", ROOT, tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # newer Pythons ask for one
        archive.extractall(tmp_path)  # noqa: S202  (our own, made a moment ago)

    rebuilt = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path)

    with zipfile.ZipFile(rebuilt) as other:
        assert sorted(other.namelist()) == sorted(wheel.namelist())


def test_every_file_of_the_folders_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "mockserver", "fixtures", "contracts", "pytest_plugin"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode != 0 or not tracked.stdout:
        pytest.skip("not a git checkout")

    missing = {f"understudy/{name}" for name in tracked.stdout.split()} - set(wheel.namelist())

    assert missing == set()


@pytest.mark.parametrize(
    "name",
    [
        "understudy/contracts/schemas/openai/request.json",
        "understudy/contracts/py.typed",
        "understudy/mockserver/vocabularies/o200k_base.z",
    ],
)
def test_data_files_are_in_the_wheel(wheel: zipfile.ZipFile, name: str) -> None:
    assert name in wheel.namelist()


def test_contracts_load_no_web_framework() -> None:
    loaded = loaded_by("import understudy.contracts")

    assert not loaded & set(WEB)


def test_the_plugin_imports_only_pytest() -> None:
    before = loaded_by("import pytest")

    assert loaded_by("import pytest, understudy.pytest_plugin") - before == {"understudy"}


def test_the_command_is_installed() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("understudy"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("understudy, version ")
