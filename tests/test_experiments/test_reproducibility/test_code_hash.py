"""The hash of the code covers everything that decides a result, and nothing else."""

import ast
import shutil
from pathlib import Path

import pytest

from experiments.reproducibility.code_hash import (
    COVERED,
    NOT_COVERED,
    PER_MODULE,
    code_digest,
    covered_files,
    hash_sources,
    is_in,
)
from tests.sources import OURS, ROOT, imports

ENTRY = "experiments.run.execute"
PACKAGES = ("experiments", "attention", "datasets")


def closure(entry: str) -> set[Path]:
    """The files that a module imports, over and over: found by the tests' own reading of imports."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in OURS and name not in found:
            found.add(name)
            waiting += imports(name)
    return {OURS[name] for name in found}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of the packages, where it may be changed."""
    root = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "user_error.py", root)
    return root


def test_every_file_that_a_run_imports_is_covered_or_outside_for_a_reason() -> None:
    covered = covered_files(ROOT)
    forgotten = [
        str(file.relative_to(ROOT))
        for file in sorted(closure(ENTRY) - covered)
        if not is_in(file, (*PER_MODULE, *NOT_COVERED), ROOT)
    ]
    assert forgotten == []


def test_every_reason_names_a_place_that_is_there() -> None:
    assert [place for place in (*COVERED, *PER_MODULE, *NOT_COVERED) if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    "name",
    [
        "experiments/models/neck.py",
        "experiments/models/placement.py",
        "experiments/models/decoders.py",
        "experiments/run/devices.py",
        "experiments/run/checkpoints.py",
        "experiments/training/probes.py",
        "attention/networks.py",
        "attention/build.py",
    ],
)
def test_what_the_digest_once_forgot_is_covered(name: str) -> None:
    assert ROOT / name in covered_files(ROOT)


def changed(text: str) -> str | None:
    """The source with one number in its arithmetic or comparisons raised by one; None where it has none."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.BinOp | ast.Compare | ast.Call | ast.Subscript):
            for number in ast.walk(node):
                if isinstance(number, ast.Constant) and type(number.value) in (int, float):
                    line = lines[number.lineno - 1].encode()
                    start, end = number.col_offset, number.end_col_offset
                    raised = str(number.value + 1).encode()  # type: ignore[operator]
                    lines[number.lineno - 1] = (line[:start] + raised + line[end:]).decode()
                    return "".join(lines)
    return None


@pytest.mark.parametrize(
    "folder", sorted({file.parent.relative_to(ROOT) for file in covered_files(ROOT)}), ids=str
)
def test_a_changed_number_in_any_covered_file_changes_the_digest(folder: Path, copy: Path) -> None:
    before = hash_sources(copy)
    tried = 0
    for file in sorted(file for file in covered_files(copy) if file.parent == copy / folder):
        other = changed(file.read_text(encoding="utf-8"))
        if other is not None:
            # A copy of another name: what was parsed is remembered by the file's path.
            root = copy.with_name(f"{copy.name}-{folder.name}-{file.stem}")
            shutil.copytree(copy, root)
            (root / file.relative_to(copy)).write_text(other, encoding="utf-8")
            assert hash_sources(root) != before, file
            shutil.rmtree(root)
            tried += 1
    assert tried > 0


def test_comments_docstrings_and_descriptions_of_fields_do_not_count(copy: Path) -> None:
    root = copy.with_name(f"{copy.name}-comments")
    shutil.copytree(copy, root)
    file = root / "experiments" / "training" / "trainer.py"
    text = file.read_text(encoding="utf-8")
    described = text.replace('."""\n', '. Other words."""\n')
    assert described != text
    file.write_text(f"{described}\n# a comment\n", encoding="utf-8")
    assert hash_sources(root) == hash_sources(copy)


@pytest.mark.parametrize("place", ["experiments/store/writer.py", "experiments/config/study_spec.py"])
def test_what_only_records_or_describes_does_not_count(place: str, copy: Path) -> None:
    root = copy.with_name(f"{copy.name}-{Path(place).stem}")
    shutil.copytree(copy, root)
    file = root / place
    file.write_text(f"{file.read_text(encoding='utf-8')}\nADDED = 1 + 1\n", encoding="utf-8")
    assert hash_sources(root) == hash_sources(copy)


def test_a_module_counts_for_its_own_arm_alone(copy: Path) -> None:
    root = copy.with_name(f"{copy.name}-module")
    shutil.copytree(copy, root)
    file = Path("attention/channel_spatial/cbam.py")
    (root / file).write_text((root / file).read_text(encoding="utf-8") + "\nADDED = 1\n", encoding="utf-8")
    other = Path("attention/channel/se.py")
    assert hash_sources(root) == hash_sources(copy)
    assert hash_sources(root, module_file=root / file) != hash_sources(copy, module_file=copy / file)
    assert hash_sources(root, module_file=root / other) == hash_sources(copy, module_file=copy / other)


def test_a_shared_layer_counts_for_the_modules_that_import_it(copy: Path) -> None:
    root = copy.with_name(f"{copy.name}-layer")
    shutil.copytree(copy, root)
    layer = root / "attention" / "layers" / "pooling.py"
    layer.write_text(layer.read_text(encoding="utf-8") + "\nADDED = 1\n", encoding="utf-8")
    for name, counts in (("channel/se.py", True), ("channel_spatial/simam.py", False)):
        file = Path("attention") / name
        same = hash_sources(root, module_file=root / file) == hash_sources(copy, module_file=copy / file)
        assert same is not counts


def test_each_arm_has_a_digest_of_its_own() -> None:
    names = ("none", "se", "scse", "parameter_free", "scale_only")
    assert len({code_digest(name) for name in names}) == len(names)
