"""A hash of the source code that decides a run's result, so that results of older code are recognized.

Code is covered by folder, so that a new file in a covered folder is covered at once. A test follows the imports of a
run and fails if they reach a file that is neither covered nor listed in `NOT_COVERED`.
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
    "attention/macs.py",
    "attention/networks.py",
    "attention/options.py",
    "attention/own_code.py",
    "attention/own_signature.py",
    "datasets",
)
"""Files and folders whose code every run executes; `attention/networks.py` counts with all its imports."""

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
"""Files and folders that count only for runs whose module is there, with its imports: a new module leaves the results
of all others valid."""

NOT_COVERED = {
    "attention/__init__.py": "it only re-exports names",
    "attention/contracts": "`check` runs it; a run does not",
    "datasets/preparation/duplicates.py": "it describes data for people",
    "datasets/preparation/report.py": "it describes data for the user",
    "datasets/preparation/change_report.py": "it describes data for the user",
    "datasets/preparation/unknown_values.py": "it refuses masks or leaves them as they are",
    "datasets/preparation/value_check.py": "it refuses masks or leaves them as they are",
    "experiments/config": "its content is in the run's key",
    "experiments/models/blueprint.py": "it checks networks while a study is planned",
    "experiments/models/site_survey.py": "it lists sites for the user",
    "experiments/reproducibility/comparison.py": "it compares finished results",
    "experiments/reproducibility/provenance.py": "it records the environment of a run",
    "experiments/reproducibility/warning_capture.py": "it records warnings",
    "experiments/run/manifest.py": "it records the start of an attempt",
    "experiments/store": "it records runs",
    "user_error.py": "it words error messages",
}
"""Files and folders that a run may import although they decide no result -> the reason."""


def code_digest(module: str) -> str:
    """Hash the code that a run with this attention module executes."""
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
    """Hash the syntax trees of all code that decides a run's result; comments and docstrings do not count.

    module_file, class_name: file and class of the arm's module.
    own_text: text of a user's module. The text itself is in the run's key; here only its imports of ours count.
    Cached: a process runs the code that it has imported, whatever happens to the files.
    """
    files = covered_files(root)
    if module_file is not None:
        files |= follow_imports([module_file], root)
    files |= follow_imports(_imported_files(ast.parse(own_text), None, root), root)
    trees = (_dump_tree(file) for file in sorted(files))
    return hashlib.sha256("\n".join([class_name, *trees]).encode()).hexdigest()


def covered_files(root: Path) -> set[Path]:
    """Return the files that count for every run."""
    files = {file for path in COVERED for file in _python_files(root / path)}
    files |= follow_imports([root / "attention" / "networks.py"], root)
    return {file for file in files if not is_in(file, NOT_COVERED, root)}


def is_in(file: Path, paths: Iterable[str], root: Path) -> bool:
    """Whether the file is one of these files, or in one of these folders."""
    name = file.relative_to(root).as_posix()
    return any(name == path or name.startswith(f"{path}/") for path in paths)


def follow_imports(files: Iterable[Path], root: Path) -> set[Path]:
    """Return the files and all files of this repository that they import, directly or indirectly.

    The catalog is left out: it imports every module, and a run uses one.
    """
    reached: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in reached and file != root / "attention" / "catalog.py":
            reached.add(file)
            waiting += _imported_files(_parse(file), file, root)
    return reached


def _python_files(path: Path) -> list[Path]:
    return [path] if path.suffix == ".py" else list(path.rglob("*.py"))


def _imported_files(tree: ast.Module, file: Path | None, root: Path) -> Iterator[Path]:
    """Find the files of this repository that a file imports; `file` is None for a user's text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module_files(root.joinpath(*alias.name.split(".")))
        elif isinstance(node, ast.ImportFrom) and (file is not None or not node.level):
            base = file.parents[node.level - 1] if file is not None and node.level else root
            target = base.joinpath(*(node.module or "").split(".")) if node.module else base
            yield from _module_files(target)
            for alias in node.names:
                yield from _module_files(target / alias.name)


def _module_files(path: Path) -> Iterator[Path]:
    """Find the file of a module or package, given its path without suffix."""
    yield from (file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file())


@functools.cache
def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def _dump_tree(file: Path) -> str:
    """Return the syntax tree as text, without bare strings: docstrings and descriptions of fields."""
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
