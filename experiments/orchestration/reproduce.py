"""Runs recorded runs again, from their records alone, and says of each how near it came."""

import json
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..config.run_result import RunResult
from ..reproducibility.comparison import Outcome, Verdict, compare
from ..run.slot import Slot
from ..store import ENDED, HAS_RESULT, StoreReader, run_folder
from .engines.engine import Engine, Event
from .failures import why

EXIT = {Outcome.IDENTICAL: 0, Outcome.WITHIN: 0, Outcome.DIFFERENT: 1, Outcome.NOT_RUNNABLE: 3}


def population(store: StoreReader, study: str) -> list[str]:
    """The keys of the study's runs that have ended, each once, sorted."""
    return sorted({cell.key for cell in store.cells(study) if cell.current and cell.state in ENDED})


def sample(keys: Sequence[str], count: int, *, seed: int) -> list[str]:
    """So many of the keys, drawn by the seed; all of them where there are no more."""
    return sorted(random.Random(seed).sample(sorted(keys), min(count, len(keys))))


def reproduce(
    store: StoreReader,
    keys: Sequence[str],
    *,
    cache: Path,
    engine: Engine,
    said: Callable[[str], None],
    device: str = "cpu",
) -> int:
    """Run them all again in temporary folders; a line for each, and one in sum. Returns the exit code.

    The engine has one worker for each run that may be on the device at once.
    """
    found: Counter[Outcome] = Counter()
    for number, (key, verdict) in enumerate(
        _verdicts(store, keys, cache, engine, Slot(device, None, shared=False)), start=1
    ):
        found[verdict.outcome] += 1
        text = f": {verdict.text}" if verdict.text else ""
        said(f"[{number}/{len(keys)}] {key[:12]} {_place(store, key)}  {verdict.outcome}{text}")
    said(f"{len(keys)} runs: " + ", ".join(f"{found[one]} {one}" for one in EXIT if found[one]))
    codes = {EXIT[outcome] for outcome in found}
    return 1 if 1 in codes else max(codes, default=0)


def _verdicts(
    store: StoreReader, keys: Sequence[str], cache: Path, engine: Engine, place: Slot
) -> Iterator[tuple[str, Verdict]]:
    waiting = []
    for key in keys:
        reason = unrunnable(store, key)
        if reason is None:
            waiting.append(key)
        else:
            yield key, Verdict(Outcome.NOT_RUNNABLE, reason)
    with tempfile.TemporaryDirectory() as folder:
        while waiting or engine.names:
            while waiting and engine.free:
                _start(store, waiting.pop(0), Path(folder), cache, engine, place)
            for event in engine.wait(1):
                if event.last:
                    yield event.name, judge(store, event, Path(folder) / event.name)


def _start(store: StoreReader, key: str, folder: Path, cache: Path, engine: Engine, place: Slot) -> None:
    payload = {
        "spec": json.dumps(store.spec(key)),
        "folder": str(folder / key),
        "cache": str(cache),
        "place": place,
    }
    engine.start(key, "train", payload, log=folder / key / run_folder.LOG)


def unrunnable(store: StoreReader, key: str) -> str | None:
    """Why the run's record cannot be held against anything, or None."""
    state = store.state(key)
    if state not in HAS_RESULT:
        said = [attempt.message for attempt in store.attempts(key) if attempt.message]
        return f"has no result (state: {state}{'; ' + said[-1] if said else ''})"
    return run_folder.damage(store.folder(key))


def judge(store: StoreReader, event: Event, folder: Path) -> Verdict:
    """What a worker's last word and folder come to."""
    if event.kind != "done":
        return Verdict(Outcome.NOT_RUNNABLE, why(event))
    recorded = run_folder.read_sealed(store.folder(event.name))
    assert recorded is not None
    fresh = RunResult.model_validate(event.content)
    steps = steps_of(store.folder(event.name)), steps_of(folder)
    return compare(recorded, fresh, steps=steps, spread=spread(store, event.name))


def steps_of(folder: Path) -> list[float]:
    """The loss of every step; none in records that are older than they are."""
    path = folder / run_folder.STEPS
    if not path.exists():
        return []
    with np.load(path, allow_pickle=False) as steps:
        losses: list[float] = steps["loss"].tolist()
    return losses


def spread(store: StoreReader, key: str) -> float | None:
    """Standard deviation of the primary test metric over the seeds of the run's arm and setting; None below 3."""
    for study in store.studies():
        cells = list(store.cells(study))
        places = {(cell.role, cell.setting, cell.arm) for cell in cells if cell.key == key}
        for place in places:
            scores = [
                cell.test
                for cell in cells
                if (cell.role, cell.setting, cell.arm) == place and cell.test is not None
            ]
            if len(scores) >= 3 and place[0] == "run":
                return statistics.stdev(scores)
    return None


def _place(store: StoreReader, key: str) -> str:
    """Where the run stands in a study."""
    for study in store.studies():
        for cell in store.cells(study):
            if cell.key == key:
                end = f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"
                return f"{cell.setting} {cell.arm} {end}"
    return "(in no study)"
