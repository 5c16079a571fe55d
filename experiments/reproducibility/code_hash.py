"""A hash of the source code that decides a run's result, so that results of other code can be told apart."""

import ast
import functools
import hashlib
import inspect
from pathlib import Path

import attention

from ..config.paths import ROOT

TRAINING_CODE = (
    "experiments/models/build.py",
    "experiments/training/optimizer.py",
    "experiments/run/execute.py",
    "experiments/reproducibility/seeding.py",
    "experiments/training/trainer.py",
    "experiments/models/pretrained.py",
    "experiments/models/width.py",
    "experiments/tasks",
    "attention/plugging",
    "datasets",
)


@functools.cache
def of_code(module_file: Path | None, own: str = "") -> str:
    """Hash of the training path and of an arm's module with what it imports, as syntax trees: comments do not count.

    `own` is the text of a user's module instead: in the key itself, so only what it imports of ours counts here.
    Remembered: the code of a process is what it was when it was imported, whatever happens to the files.
    """
    files = {file for place in TRAINING_CODE for file in _python_files(ROOT / place)}
    files |= set() if module_file is None else _with_imports(module_file)
    files |= {file for one in _ours(own) for file in _with_imports(one)}
    return hashlib.sha256("\n".join(_tree(file) for file in sorted(files)).encode()).hexdigest()


def _python_files(place: Path) -> list[Path]:
    return [place] if place.suffix == ".py" else list(place.rglob("*.py"))


def _with_imports(file: Path) -> set[Path]:
    """The file and, over and over, the files that its relative imports name."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _imported(one)
    return found


def _imported(file: Path) -> list[Path]:
    imports = [
        node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    ]
    places = [
        file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        for node in imports
        if node.level
    ]
    return [place.with_suffix(".py") for place in places if place.with_suffix(".py").exists()]


def _ours(text: str) -> set[Path]:
    """The files of this suite that a user's text imports, such as `from attention.options import Choice`."""
    nodes = list(ast.walk(ast.parse(text)))
    froms = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    names = froms | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    places = {ROOT.joinpath(*name.split(".")) for name in names if name.split(".")[0] == "attention"}
    files = {place / "__init__.py" if place.is_dir() else place.with_suffix(".py") for place in places}
    return {file for file in files if file.exists()}


@functools.cache
def _tree(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def code_digest(module: str) -> str:
    """Hash of the code that a run with this attention module goes through."""
    entry = None if module == "none" else attention.find(module)
    if entry is not None and entry.source:
        return of_code(None, entry.source)
    source = None if entry is None else inspect.getsourcefile(entry.make)
    return of_code(None if source is None else Path(source))
