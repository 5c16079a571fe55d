"""The lines of `plan`: counts of runs, expected time, disk space and stale results."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from experiments.planning.summary import (
    BYTES_PER_RUN,
    _disk_lines,
    _format_time,
    _pruning_notes,
    _RunCounts,
    _stale_warnings,
    summarize_plan,
)
from experiments.reproducibility.code_hash import code_digest
from experiments.store import StoreWriter
from tests.test_experiments.made import cell, finish, outcome, run_spec, study, study_row

pytestmark = pytest.mark.usefixtures("deterministic")


def counts(*, done: int = 1, left_of_search: int = 0, **left: int) -> _RunCounts:
    return _RunCounts(0, 0, 0, done, Counter(left), left_of_search)


def test_a_plan_is_counted_before_and_after_runs_have_ended(store: StoreWriter, cache: Path) -> None:
    lines = list(summarize_plan(study(), store.path, cache, workers=2))
    assert lines[0] == "small: 6 arms, 1 settings, 2 seeds"
    assert lines[1] == "runs: 8 of the design, 8 trials of the search, 4 of its winners; 0 done already"
    assert "time: unknown until the first runs have ended" in lines
    assert f"disk: about {20 * BYTES_PER_RUN / 1e6:.0f} MB" in lines
    assert [line for line in lines if line.startswith("classification: ") and "on one GPU" in line]


def test_runs_of_the_design_that_have_ended_are_done(store: StoreWriter, cache: Path) -> None:
    from experiments.config.run_spec import RunSpec
    from experiments.planning.plan import make_plan
    from experiments.planning.resolver import Resolver

    row, cells = make_plan(study(), Resolver(cache))
    store.save_study(row, cells)
    for planned in cells[:2]:
        spec = RunSpec.model_validate(planned.spec, strict=False)
        finish(store, spec, seconds=120.0, code=code_digest(spec.arm.module))
    lines = list(summarize_plan(study(), store.path, cache, workers=2))
    assert lines[1].endswith("; 2 done already")
    minutes = (6 + 12) * 120 / 2 / 60
    assert f"time: about {minutes:.0f} min on 2 workers for what is left" in lines
    assert not [line for line in lines if "other code" in line]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (counts(a=10), "time: about 50 min on 2 workers for what is left"),
        (counts(a=10, b=10), "time: about 2.5 h on 2 workers for what is left"),
        (counts(a=10, left_of_search=1), "time: about 58 min on 2 workers for what is left"),
        (counts(c=2), "time: about 15 min on 2 workers for what is left"),
        (counts(a=10, done=0), "time: about 50 min on 2 workers for what is left (nothing is done yet)"),
    ],
)
def test_the_time_is_the_mean_of_each_setting_over_the_workers(left: _RunCounts, expected: str) -> None:
    """Setting a takes 600 s, b 1200 s, any other and the search their mean, 900 s."""
    assert _format_time({"a": 600.0, "b": 1200.0}, left, 2) == expected


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=int(10 * BYTES_PER_RUN))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert list(_disk_lines(tmp_path / "a" / "b", 10)) == ["disk: about 2 MB"]
    _, warning = _disk_lines(tmp_path / "a" / "b", 20)
    assert warning == f"warning: {tmp_path} has 2 MB free, and 3 MB are needed"


def test_results_of_other_code_are_counted(store: StoreWriter) -> None:
    specs = [run_spec(seed=seed) for seed in range(3)]
    store.save_study(study_row(), [cell(spec) for spec in specs])
    for spec, code in zip(specs, ("old", code_digest("none"), "old"), strict=True):
        finish(store, spec, code=code)
    (warning,) = _stale_warnings(store, "small")
    assert warning.startswith("warning: 2 results were made by other code than today's")
    assert outcome(specs[0]).code == "today"


def test_trainings_too_short_for_pruning_get_a_note() -> None:
    search = study().model_dump(mode="json")["search"]
    assert list(_pruning_notes(study(search=search | {"prune_after": [1]}))) == []
    assert list(_pruning_notes(study(search=search | {"prune_after": [2]}))) == [
        "note: trials of classification are never pruned: 2 epochs, pruning after 2"
    ]
    assert list(_pruning_notes(study(search=None))) == []
