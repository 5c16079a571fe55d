"""What the suite costs beside the training: `python -m tests.benchmarks.overhead`, exit code 1 when a bound fails.

500 stub runs of 20 ms on 2 workers, and stores of 1,000 to 100,000 finished runs.
"""

import contextlib
import io
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import yaml

from experiments.cli.main import main
from experiments.config.run_result import RunResult
from experiments.config.study_file import read_study
from experiments.store import PlannedCell, StudyRow, open_store
from experiments.store.writer import StoreWriter
from tests.faults import stubs

RUNS, WORKERS, SECONDS = 500, 2, 0.02
SIZES = (1_000, 10_000, 100_000)
PLANNED = 10_000
LINEAR = 1.5
"""A tenfold store may take so much more than tenfold, for noise."""
STUDY = """
margin: 1.0
seeds: 100
settings:
  {settings}
arms:
  none: {{}}
  se: {{module: se}}
  eca: {{module: eca}}
  cbam: {{module: cbam}}
  scse: {{module: scse}}
"""
SETTING = """
    task: classification
    dataset: {{name: cluttered_digits, options: {{train: 64, validation: 32, test: 48}}}}
    backbone: {{name: resnet10t, args: {{channels: [8, 8, 16, 16], stem_width: 4}}}}
    recipe: {{epochs: {epochs}, batch_size: 16, learning_rate: 0.05}}"""


class Measured(NamedTuple):
    """One figure and what it may be at most."""

    name: str
    value: float
    bound: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.value <= self.bound


def runs(folder: Path) -> Iterator[Measured]:
    """The cost of a run beyond its training: time of one worker, supervisor, processes and records included."""
    output, _ = stubs.launch(folder, RUNS, workers=WORKERS, seconds=SECONDS).communicate()
    spent = float(output.rpartition("spent ")[2])
    each = 1000 * (spent * WORKERS / RUNS - SECONDS)
    yield Measured(
        f"{RUNS} runs of {1000 * SECONDS:.0f} ms on {WORKERS} workers: each beyond its training",
        each,
        60,
        "ms",
    )


def filled(path: Path, count: int) -> Path:
    """A store in which so many runs of one study have finished."""
    with closing(open_store(path)) as store:
        _fill(store, count)
    return path


def _fill(store: StoreWriter, count: int) -> None:
    whole = stubs.study(2)
    row = StudyRow.model_validate(
        {
            "name": "large",
            "spec": whole.model_dump(mode="json"),
            "arms": {f"arm{n}": {"role": "arm"} for n in range(100)},
            "resolved": {"dtypes": {}},
        }
    )
    spec = stubs.spec_of(whole, 0).model_dump(mode="json")
    keys = [f"{number:064x}" for number in range(count)]
    store.save_study(
        row,
        (
            PlannedCell("run", "stub", f"arm{number % 100}", number // 100, key, spec)
            for number, key in enumerate(keys)
        ),
    )
    result = {
        "state": "finished",
        "primary": "accuracy",
        "metrics": {"accuracy": 0.5},
        "validation": {"accuracy": 0.5},
        "seconds": 60.0,
        "peak_bytes": 1,
        "code": "x",
        "curve": [],
        "more": "x" * 3000,
    }
    store.record_ended(
        (RunResult.model_validate({"key": key, **result}) for key in keys), now="2026-01-01T00:00:00+00:00"
    )


def timed(*words: str) -> float:
    """Seconds that a command takes in this process, its output thrown away."""
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        code = main(words)
    assert code == 0, words
    return time.perf_counter() - began


def growth(name: str, seconds: dict[int, float]) -> Iterator[Measured]:
    """Each tenfold store against ten times the time of the one before (of at least 50 ms, the noise)."""
    for small, large in itertools.pairwise(SIZES):
        ratio = seconds[large] / max(seconds[small], 0.05)
        yield Measured(f"{name}: {large:,} runs against {small:,}", ratio, LINEAR * large / small, "x")


def stores(folder: Path) -> Iterator[Measured]:
    """`status` of stores of each size, and `plan` of a 10,000-run study against the largest."""
    paths = {size: filled(folder / str(size), size) for size in SIZES}
    seconds = {size: best("status", "--store", str(path)) for size, path in paths.items()}
    yield Measured(f"status of {SIZES[-1]:,} runs", seconds[SIZES[-1]], 3, "s")
    yield from growth("status", seconds)
    study = folder / "planned.yaml"
    study.write_text(_study(PLANNED))
    assert len(read_study(str(study)).settings) * 500 == PLANNED
    timed("plan", str(study), "--store", str(paths[SIZES[0]]))  # imports and data, once
    seconds = {size: timed("plan", str(study), "--store", str(paths[size])) for size in SIZES}
    yield Measured(f"plan of {PLANNED:,} runs against {SIZES[-1]:,}", seconds[SIZES[-1]], 10, "s")
    small = folder / "small.yaml"
    small.write_text(_study(PLANNED // 10))
    ratio = seconds[SIZES[0]] / timed("plan", str(small), "--store", str(paths[SIZES[0]]))
    yield Measured(f"plan: {PLANNED:,} runs against {PLANNED // 10:,}", ratio, 10 * LINEAR, "x")


def _study(count: int) -> str:
    settings = "\n".join(f"  s{number}:{SETTING.format(epochs=number + 1)}" for number in range(count // 500))
    text = STUDY.format(settings=settings.strip())
    yaml.safe_load(text)
    return text


def best(*words: str) -> float:
    """The least of three times: the others were disturbed."""
    return min(timed(*words) for _ in range(3))


def report(measured: Iterator[Measured]) -> bool:
    """Print each figure as it comes; whether all hold."""
    whole = True
    for one in measured:
        print(
            f"{'ok  ' if one.holds else 'FAIL'} {one.name}: {one.value:.2f} {one.unit} (at most {one.bound:g})",
            flush=True,
        )
        whole &= one.holds
    return whole


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        parts = {"runs": runs, "stores": stores}
        chosen = sys.argv[1:] or list(parts)
        kept = [report(parts[name](Path(place) / name)) for name in chosen]
    sys.exit(0 if all(kept) else 1)
