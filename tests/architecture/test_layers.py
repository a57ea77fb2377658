"""Imports go one way (pyproject.toml, `tool.importlinter`), and each module stands alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "fakek8s"
FILES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "conformance").glob("*.py")])

#: Imports each module of its arguments in a child of its own, forked before anything else is
#: imported: as strict as a fresh interpreter for each, at a fraction of the time.
_ALONE = """
import importlib, os, sys, traceback
failed = 0
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException:
            print(name, traceback.format_exc(), flush=True)
            os._exit(1)
        os._exit(0)
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(failed != 0)
"""


def module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_import_contracts_hold() -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = run(sys.executable, "-c", lint, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)  # hundreds of modules, each in a process of its own
def test_each_module_can_be_imported_alone_and_without_a_warning() -> None:
    names = [module(file) for file in FILES if file.name != "__main__.py"]
    done = run(sys.executable, "-W", "error", "-c", _ALONE, *names)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES}), ids=lambda p: p.name)
def test_every_folder_of_modules_is_a_package_with_a_charter(folder: Path) -> None:
    assert (folder / "__init__.py").is_file()


def test_every_module_says_what_it_knows() -> None:
    silent = [
        module(file)
        for file in FILES
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common"])
def test_no_module_is_a_drawer_for_the_rest(word: str) -> None:
    assert [file for file in FILES if word in file.relative_to(ROOT).with_suffix("").parts] == []
