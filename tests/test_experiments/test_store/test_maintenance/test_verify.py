"""Verification names every damaged file and row of a study, and nothing else."""

import json

import pytest

from experiments.config.run_spec import RunSpec
from experiments.store import StoreWriter, run_folder
from experiments.store.maintenance.verify import count_verified_runs, find_problems, spec_key
from tests.test_experiments.made import run_spec
from tests.test_experiments.test_store.filled import SPECS


def problems(store: StoreWriter) -> list[str]:
    return list(find_problems(store, "small"))


def test_an_undamaged_store_has_no_problems(filled: StoreWriter) -> None:
    assert problems(filled) == []
    assert count_verified_runs(filled, "small") == 3


@pytest.mark.parametrize("name", [run_folder.RESULT, run_folder.PREDICTIONS, run_folder.SPEC])
def test_a_damaged_file_is_named(name: str, filled: StoreWriter) -> None:
    path = filled.folder(SPECS[0].key) / name
    path.write_bytes(path.read_bytes()[:-1])
    (line,) = problems(filled)
    assert line.startswith(f"{path}: ")


def test_a_checkpoint_that_does_not_match_its_hash_is_named(filled: StoreWriter) -> None:
    planned = filled.folder(SPECS[3].key) / run_folder.CHECKPOINT
    run_folder.write_whole(planned, b"x" * 64)
    (line,) = problems(filled)
    assert line.startswith(f"{planned}: torn, truncated or edited")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE runs SET state = 'diverged' WHERE key = ?", "differs from the table"),
        ("UPDATE epochs SET metrics = '{}' WHERE key = ?", "differs from the table"),
        ("UPDATE runs SET spec = '{\"seed\": 3}' WHERE key = ?", "its spec in the table was edited"),
        ("UPDATE runs SET spec = '{' WHERE key = ?", "its rows in the table are damaged"),
    ],
)
def test_an_edited_row_is_named_with_its_folder(statement: str, says: str, filled: StoreWriter) -> None:
    key = SPECS[0].key
    filled._db.execute(statement, (key,))
    (line,) = problems(filled)
    assert line.startswith(f"{filled.folder(key)}: {says}")


@pytest.mark.parametrize("spec", [run_spec(), run_spec("segmentation", seed=3)])
def test_the_key_of_a_recorded_spec_is_that_of_the_run(spec: RunSpec) -> None:
    assert spec_key(json.loads(spec.model_dump_json())) == spec.key
