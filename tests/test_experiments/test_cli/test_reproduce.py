"""`reproduce`: which runs are trained again, and the exit code that is passed on."""

from argparse import Namespace
from contextlib import closing
from pathlib import Path

import pytest

from experiments.cli.reproduce import _select_keys
from experiments.store import open_store
from tests.test_experiments.made import NOW, cell, run_spec, study_row

from .commands import Call

SPECS = [run_spec(seed=seed) for seed in range(5)]


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    """A store with a study of five runs that have failed."""
    with closing(open_store(tmp_path / "failed")) as store:
        store.save_study(study_row(), [cell(spec) for spec in SPECS])
        for spec in SPECS:
            store.start_attempt(spec.key, now=NOW)
            store.end_attempt(spec.key, "failed", now=NOW, message="error: KeyError: 'x'")
    return tmp_path / "failed"


def select(store: Path, what: str, sample: int | None = None, seed: int = 0) -> list[str]:
    """The keys that the command would train again."""
    with closing(open_store(store, readonly=True)) as records:
        return _select_keys(records, Namespace(what=what, sample=sample, seed=seed))


def test_a_study_is_all_of_its_runs_or_a_sample_by_seed(failed: Path) -> None:
    assert select(failed, "small") == sorted(spec.key for spec in SPECS)
    sample = select(failed, "small", sample=2)
    assert len(sample) == 2
    assert sample == select(failed, "small", sample=2)
    assert {tuple(select(failed, "small", sample=2, seed=seed)) for seed in range(9)} > {tuple(sample)}


def test_a_key_is_given_by_its_first_characters(failed: Path) -> None:
    assert select(failed, SPECS[0].key[:12]) == [SPECS[0].key]


def test_a_sample_of_one_run_is_refused(failed: Path, call: Call) -> None:
    code, out, err = call("reproduce", SPECS[0].key, "--sample", 2, "--store", failed)
    assert (code, out) == (2, [])
    assert "--sample: goes with a study; recorded: small" in err[0]
    code, _, err = call("reproduce", "small", "--sample", 0, "--store", failed)
    assert (code, "--sample: at least 1, not 0" in err[0]) == (2, True)


def test_runs_without_a_result_cannot_be_reproduced_and_end_with_exit_code_3(
    failed: Path, call: Call
) -> None:
    code, out, err = call("reproduce", "small", "--store", failed)
    assert (code, err) == (3, [])
    assert "has no result (state: failed; error: KeyError: 'x')" in out[0]
    assert out[-1] == "5 runs: 5 NOT RUNNABLE"
