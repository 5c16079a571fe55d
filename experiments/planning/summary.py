"""What a study would run and cost, in lines for people."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attention
from attention.custom_modules import register_modules

from ..config.run_spec import RunSpec
from ..config.study_spec import StudySpec
from ..reproducibility.code_hash import code_digest
from ..store import ENDED, PlannedCell, StoreReader, expected_seconds, open_store
from .cost_estimate import gpu_cost
from .plan import plan
from .power import attainable
from .resolver import Resolver

BYTES_A_RUN = 150_000


def planned_lines(study: StudySpec, path: Path, cache: Path, workers: int) -> Iterator[str]:
    """The lines that `plan` prints. Raises UserError for a study that cannot work."""
    store = open_store(path, readonly=True) if (path / "store.sqlite").exists() else None
    dtypes = store.study(study.name).resolved.dtypes if store and study.name in store.studies() else {}
    with register_modules((file.path, file.source) for file in study.modules):
        resolver = Resolver(cache, dtypes=dtypes)
        row, cells = plan(study, resolver)
    planned = {cell.key: cell.setting for cell in cells}
    recorded = list(store.cells(study.name)) if store and study.name in store.studies() else []
    ended = {cell.key for cell in recorded if cell.state in ENDED}
    ended |= {key for key in planned if store and store.state(key) in ENDED}
    trials = 0 if study.search is None else study.search.trials * len(study.search.arms) * len(study.settings)
    winners = 0 if study.search is None else len(study.search.arms) * len(study.settings) * len(study.seeds)
    searched = len(
        {cell.key for cell in recorded if cell.key in ended and cell.key not in planned and cell.current}
    )
    done = sum(key in ended for key in planned) + searched
    yield f"{study.name}: {len(row.arms)} arms, {len(study.settings)} settings, {len(study.seeds)} seeds"
    counted = f"{len(planned)} of the design, {trials} trials of the search, {winners} of its winners"
    yield f"runs: {counted}; {done} done already"
    yield from (f"family {family.name}: {family.title} ({len(family.arms)} arms)" for family in row.families)
    for name, facts in row.resolved.data.items():
        yield from (f"data of {name}: {fact}" for fact in facts)
    yield attainable(study)
    yield from _unpruned(study)
    left = Counter(setting for key, setting in planned.items() if key not in ended)
    others = max(0, trials + winners - searched)
    yield _hours(expected_seconds(recorded), left, others, done, workers)
    yield from _gpu(cells, resolver)
    yield from _disk(path, left.total() + others)
    if recorded and store:
        yield from _stale(store, study.name)
    for warning in row.warnings:
        yield f"warning: {warning}"


def _gpu(cells: Sequence[PlannedCell], resolver: Resolver) -> Iterator[str]:
    """What each setting's runs would cost on a GPU."""
    for name, runs in Counter(cell.setting for cell in cells).items():
        first = next(cell.spec for cell in cells if cell.setting == name)
        run = RunSpec.model_validate_json(json.dumps(first))
        shape, examples = resolver.seen(run)
        yield f"{name}: {gpu_cost(run, shape, examples=examples).text(runs)}"


def _unpruned(study: StudySpec) -> Iterator[str]:
    """Settings whose trainings are too short for the search's pruning."""
    rules = study.search.prune_after if study.search else ()
    for name, setting in study.settings.items():
        if rules and min(rules) >= setting.recipe.epochs:
            yield f"note: trials of {name} are never pruned: {setting.recipe.epochs} epochs, pruning after {min(rules)}"


def _hours(seconds: Mapping[str, float], left: Counter[str], others: int, done: int, workers: int) -> str:
    """From the seconds of recorded runs by setting; unknown where there are none."""
    if not seconds:
        return "time: unknown until the first runs have ended"
    every = sum(seconds.values()) / len(seconds)
    total = sum(count * seconds.get(setting, every) for setting, count in left.items()) + others * every
    amount = (
        f"{total / workers / 3600:.1f} h" if total / workers >= 5400 else f"{total / workers / 60:.0f} min"
    )
    return f"time: about {amount} on {workers} workers for what is left" + (
        "" if done else " (nothing is done yet)"
    )


def _disk(path: Path, runs: int) -> Iterator[str]:
    needed = runs * BYTES_A_RUN
    yield f"disk: about {needed / 1e6:.0f} MB"
    there = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        yield f"warning: {there} has {free / 1e6:.0f} MB free, and {needed / 1e6:.0f} MB are needed"


def _stale(store: StoreReader, study: str) -> Iterator[str]:
    """Results of other code than today's."""
    recorded = store.result_codes(study)
    today = {
        module: code_digest(module)
        for module in {module for module, _ in recorded.values()}
        if _known(module)
    }
    stale = sum(module in today and code != today[module] for module, code in recorded.values())
    if stale:
        yield f"warning: {stale} results were made by other code than today's (--rerun-stale runs them again)"


def _known(module: str) -> bool:
    return module == "none" or module in attention.CATALOG
