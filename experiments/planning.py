"""What a study would run, checked and counted before anything does."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attention.own import joined

from .design import plan
from .records import ENDED, Store, open_store
from .resolving import Resolver
from .spec import StudySpec

BYTES_A_RUN = 150_000


def planned_lines(study: StudySpec, path: Path, cache: Path, workers: int) -> Iterator[str]:
    """The lines that `plan` prints. Raises ValueError for a study that cannot work."""
    store = open_store(path, readonly=True) if (path / "store.sqlite").exists() else None
    dtypes = store.study(study.name).resolved["dtypes"] if store and study.name in store.studies() else {}
    with joined((file.path, file.source) for file in study.modules):
        row, cells = plan(study, Resolver(cache, dtypes=dtypes))
    keys = {cell.key: cell.setting for cell in cells}
    trials = 0 if study.search is None else study.search.trials * len(study.search.arms) * len(study.settings)
    winners = 0 if study.search is None else len(study.search.arms) * len(study.settings) * len(study.seeds)
    done = sum(store is not None and store.state(key) in ENDED for key in keys)
    yield f"{study.name}: {len(row.arms)} arms, {len(study.settings)} settings, {len(study.seeds)} seeds"
    counted = f"{len(keys)} of the design, {trials} trials of the search, {winners} of its winners"
    yield f"runs: {counted}; {done} done already"
    yield from (
        f"family {family['name']}: {family['title']} ({len(family['arms'])} arms)" for family in row.families
    )
    for name, facts in row.resolved["data"].items():
        yield from (f"data of {name}: {fact}" for fact in facts)
    yield _smallest_p(study)
    yield from _unpruned(study)
    yield _hours(store, study, Counter(keys.values()), trials + winners, workers)
    yield f"disk: about {(len(keys) + trials + winners) * BYTES_A_RUN / 1e6:.0f} MB"
    for warning in row.warnings:
        yield f"warning: {warning}"


def _smallest_p(study: StudySpec) -> str:
    """Two-sided exact sign flips of paired differences: nothing below 2^(1 - seeds) can come out."""
    smallest = 2.0 ** (1 - len(study.seeds))
    text = f"smallest attainable p in one setting: {smallest:.4g} with {len(study.seeds)} seeds"
    if smallest <= study.alpha:
        return f"{text} (alpha {study.alpha:g}: a verdict is possible)"
    needed = next(seeds for seeds in range(2, 64) if 2.0 ** (1 - seeds) <= study.alpha)
    return f"warning: {text}: BETTER or WORSE is impossible at alpha {study.alpha:g}; {needed} seeds make it possible"


def _unpruned(study: StudySpec) -> Iterator[str]:
    """Settings whose trainings are too short for the search's pruning."""
    rules = study.search.prune_after if study.search else ()
    for name, setting in study.settings.items():
        if rules and min(rules) >= setting.recipe.epochs:
            yield f"note: trials of {name} are never pruned: {setting.recipe.epochs} epochs, pruning after {min(rules)}"


def _hours(store: Store | None, study: StudySpec, runs: Counter[str], others: int, workers: int) -> str:
    """From the seconds of runs that are recorded; unknown where there are none."""
    if store is None or study.name not in store.studies():
        return "time: unknown until the first runs have ended"
    spent: dict[str, list[float]] = {}
    for row in store.rows(study.name):
        if row.result is not None:
            spent.setdefault(row.setting, []).append(row.result["seconds"])
    if not spent:
        return "time: unknown until the first runs have ended"
    mean = {setting: sum(found) / len(found) for setting, found in spent.items()}
    every = sum(mean.values()) / len(mean)
    total = sum(count * mean.get(setting, every) for setting, count in runs.items()) + others * every
    return f"time: about {total / workers / 60:.0f} min on {workers} workers, if nothing were done yet"
