"""Reproduction: train recorded runs again from their records alone, and compare each with its recorded result."""

import json
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..config.command_line import exit_codes
from ..config.run_result import RunResult
from ..reproducibility.comparison import Outcome, Verdict, compare
from ..run.slot import Slot
from ..store import ENDED, HAS_RESULT, StoreReader, run_folder
from .engines.engine import Engine, Event
from .failures import failure_message
from .scheduler import TRAIN
from .stop_control import Notify

EXIT_CODES = {
    Outcome.IDENTICAL: exit_codes.DONE,
    Outcome.WITHIN: exit_codes.DONE,
    Outcome.DIFFERENT: exit_codes.SOMETHING_FAILED,
    Outcome.NOT_RUNNABLE: exit_codes.NOT_RUNNABLE,
}
MIN_SEEDS = 3
"""The least number of seeds from which a standard deviation over seeds is taken."""


def list_ended(store: StoreReader, study: str) -> list[str]:
    """Return the keys of the study's runs that have ended, each once, sorted."""
    return sorted({cell.key for cell in store.cells(study) if cell.current and cell.state in ENDED})


def draw_sample(keys: Sequence[str], count: int, *, seed: int) -> list[str]:
    """Return `count` of the keys, drawn at random from `seed`, sorted; all keys if there are no more."""
    return sorted(random.Random(seed).sample(sorted(keys), min(count, len(keys))))


def reproduce(
    store: StoreReader,
    keys: Sequence[str],
    *,
    cache: Path,
    engine: Engine,
    notify: Notify,
    device: str = "cpu",
) -> int:
    """Train the runs again in temporary folders and return the exit code; notify of each verdict, then of the counts.

    The engine has one worker for each run that may use the device at once.
    """
    counts: Counter[Outcome] = Counter()
    slot = Slot(device, None, shared=False)
    for number, (key, verdict) in enumerate(_reproduce_each(store, keys, cache, engine, slot), start=1):
        counts[verdict.outcome] += 1
        text = f": {verdict.text}" if verdict.text else ""
        run = f"{key[:12]} {_describe_cell(store, key)}"
        notify(f"[{number}/{len(keys)}] {run}  {verdict.outcome}{text}")
    notify(f"{len(keys)} runs: " + ", ".join(f"{counts[each]} {each}" for each in EXIT_CODES if counts[each]))
    codes = {EXIT_CODES[outcome] for outcome in counts}
    return min(
        codes - {exit_codes.DONE}, default=exit_codes.DONE
    )  # a difference weighs more than a run left out


def _reproduce_each(
    store: StoreReader, keys: Sequence[str], cache: Path, engine: Engine, slot: Slot
) -> Iterator[tuple[str, Verdict]]:
    waiting = []
    for key in keys:
        obstacle = find_obstacle(store, key)
        if obstacle is None:
            waiting.append(key)
        else:
            yield key, Verdict(Outcome.NOT_RUNNABLE, obstacle)
    with tempfile.TemporaryDirectory() as folder:
        while waiting or engine.names:
            while waiting and engine.free:
                _start(store, waiting.pop(0), Path(folder), cache, engine, slot)
            for event in engine.wait(1):
                if event.is_last:
                    yield event.name, judge(store, event, Path(folder) / event.name)


def _start(store: StoreReader, key: str, folder: Path, cache: Path, engine: Engine, slot: Slot) -> None:
    payload = {
        "spec": json.dumps(store.spec(key)),
        "folder": str(folder / key),
        "cache": str(cache),
        "keep_weights": False,
        "slot": slot,
    }
    engine.start(key, TRAIN, payload, log=folder / key / run_folder.LOG)


def find_obstacle(store: StoreReader, key: str) -> str | None:
    """Return why the run has no intact result to compare with, or None if it has one."""
    state = store.state(key)
    if state not in HAS_RESULT:
        messages = [attempt.message for attempt in store.attempts(key) if attempt.message]
        return f"has no result (state: {state}{'; ' + messages[-1] if messages else ''})"
    return run_folder.damage(store.folder(key))


def judge(store: StoreReader, event: Event, folder: Path) -> Verdict:
    """Compare the recorded run with the worker's last event and the folder it wrote."""
    if event.kind != "done":
        return Verdict(Outcome.NOT_RUNNABLE, failure_message(event))
    recorded = run_folder.read_sealed(store.folder(event.name))
    assert recorded is not None
    fresh = RunResult.model_validate(event.content)
    steps = read_losses(store.folder(event.name)), read_losses(folder)
    return compare(recorded, fresh, steps=steps, spread=seed_spread(store, event.name))


def read_losses(folder: Path) -> list[float]:
    """Return the loss of every training step; an empty list for old records, which do not have them."""
    path = folder / run_folder.STEPS
    if not path.exists():
        return []
    with np.load(path, allow_pickle=False) as steps:
        losses: list[float] = steps["loss"].tolist()
    return losses


def seed_spread(store: StoreReader, key: str) -> float | None:
    """Return the standard deviation of the primary test metric over the seeds of the run's arm and setting.

    None if fewer than 3 seeds have a result.
    """
    for study in store.studies():
        runs = [cell for cell in store.cells(study) if cell.role == "run"]
        for arm in {(cell.setting, cell.arm) for cell in runs if cell.key == key}:
            same_arm = [cell for cell in runs if (cell.setting, cell.arm) == arm]
            scores = [cell.test for cell in same_arm if cell.test is not None]
            if len(scores) >= MIN_SEEDS:
                return statistics.stdev(scores)
    return None


def _describe_cell(store: StoreReader, key: str) -> str:
    """Return the setting, arm and seed of the first study cell that the run fills."""
    for study in store.studies():
        for cell in store.cells(study):
            if cell.key == key:
                seed = f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"
                return f"{cell.setting} {cell.arm} {seed}"
    return "(in no study)"
