"""A hash of the source code that decides a run's result, so that results of other code can be told apart.

Code is covered by folder, not file by file: a new file in a covered folder is covered as soon as it is there. A test
follows the imports of a run and fails when they reach a file that is neither covered nor named in `OUTSIDE`.
"""

import ast
import functools
import hashlib
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

import attention

from ..config.paths import ROOT

COVERED = (
    "experiments/models",
    "experiments/training",
    "experiments/run",
    "experiments/reproducibility",
    "attention/plugging",
    "attention/build.py",
    "attention/canonical.py",
    "attention/custom_modules.py",
    "attention/networks.py",
    "attention/options.py",
    "datasets",
)
"""Files and folders whose code every run goes through; of our own networks also what they import."""

PER_MODULE = (
    "attention/catalog.py",
    "attention/branch",
    "attention/channel",
    "attention/channel_spatial",
    "attention/control",
    "attention/decoder",
    "attention/spatial",
    "attention/token",
    "attention/layers",
    "attention/autograd",
)
"""An arm's module counts, with what it imports, for the runs of that arm only: new modules leave old results valid."""

NOT_COVERED = {
    "attention/__init__.py": "it only names what the package offers",
    "attention/contracts": "what `check` asks of a module; a run does not ask it",
    "datasets/preparation/report.py": "it describes data for people",
    "experiments/config": "what a description says is in the run's key",
    "experiments/models/blueprint.py": "it answers questions while a study is planned",
    "experiments/models/site_survey.py": "it lists sites for people",
    "experiments/reproducibility/comparison.py": "it compares results that are there",
    "experiments/reproducibility/provenance.py": "it records what a run was made with",
    "experiments/run/manifest.py": "it records what an attempt started from",
    "experiments/store": "it records what happened",
    "user_error.py": "it words refusals",
}
"""Files and folders that a run may import and that decide no result, with the reason."""


def code_digest(module: str) -> str:
    """Hash of the code that a run with this attention module goes through."""
    entry = None if module == "none" else attention.find(module)
    if entry is None:
        return hash_sources(ROOT)
    if entry.source:
        return hash_sources(ROOT, own_text=entry.source)
    source = inspect.getsourcefile(entry.make)
    assert source is not None
    return hash_sources(ROOT, module_file=Path(source), class_name=entry.make.__qualname__)


@functools.cache
def hash_sources(
    root: Path, *, module_file: Path | None = None, class_name: str = "", own_text: str = ""
) -> str:
    """SHA-256 of the syntax trees of all code that decides a run's result; comments and docstrings do not count.

    `module_file`, `class_name`: where the arm's module is, and its class. `own_text`: a user's module instead; its
    text is in the run's key, so here only what it imports of ours counts.
    Remembered: the code of a process is what it was when it was imported, whatever happens to the files.
    """
    files = covered_files(root)
    if module_file is not None:
        files |= follow_imports([module_file], root)
    files |= follow_imports(_imported_files(ast.parse(own_text), None, root), root)
    trees = (_dump_tree(file) for file in sorted(files))
    return hashlib.sha256("\n".join([class_name, *trees]).encode()).hexdigest()


def covered_files(root: Path) -> set[Path]:
    """The files that count for every run."""
    files = {file for place in COVERED for file in _python_files(root / place)}
    files |= follow_imports([root / "attention" / "networks.py"], root)
    return {file for file in files if not is_in(file, NOT_COVERED, root)}


def is_in(file: Path, places: Iterable[str], root: Path) -> bool:
    """Whether the file is one of these files, or in one of these folders."""
    path = file.relative_to(root).as_posix()
    return any(path == place or path.startswith(f"{place}/") for place in places)


def follow_imports(files: Iterable[Path], root: Path) -> set[Path]:
    """The files and, over and over, the files of this repository that they import.

    The catalog is left out: it names every module, and each arm has one.
    """
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found and file != root / "attention" / "catalog.py":
            found.add(file)
            waiting += _imported_files(_parse(file), file, root)
    return found


def _python_files(place: Path) -> list[Path]:
    return [place] if place.suffix == ".py" else list(place.rglob("*.py"))


def _imported_files(tree: ast.Module, file: Path | None, root: Path) -> Iterator[Path]:
    """Files of this repository that a file, or a user's text (no file), imports; names of a package as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module_files(root.joinpath(*alias.name.split(".")))
        elif isinstance(node, ast.ImportFrom) and (file is not None or not node.level):
            base = file.parents[node.level - 1] if file is not None and node.level else root
            place = base.joinpath(*(node.module or "").split(".")) if node.module else base
            yield from _module_files(place)
            for alias in node.names:
                yield from _module_files(place / alias.name)


def _module_files(place: Path) -> Iterator[Path]:
    yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())


@functools.cache
def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def _dump_tree(file: Path) -> str:
    """The syntax tree as text, without strings that stand alone: docstrings, and descriptions of fields."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_bare_string(each)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_bare_string(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
