"""The lines that `plan` prints: what a study would run, and what that would cost."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import attention
from attention.custom_modules import register_modules

from ..config.run_spec import RunSpec
from ..config.study_spec import StudySpec
from ..reproducibility.code_hash import code_digest
from ..store import ENDED, TABLE, PlannedCell, StoreReader, expected_seconds, open_store
from .cost_estimate import estimate_gpu_cost
from .plan import make_plan
from .power import describe_attainable_p
from .resolver import Resolver

BYTES_PER_RUN = 150_000
"""What a run's folder takes on disk, roughly."""


class _RunCounts(NamedTuple):
    """The runs of a study by origin, and what is left of them."""

    design: int
    trials: int
    winners: int
    done: int
    left: Counter[str]
    """Setting -> runs of the design that have not ended."""
    left_of_search: int
    """Trials and winners' runs that have not ended."""


def summarize_plan(study: StudySpec, path: Path, cache: Path, workers: int) -> Iterator[str]:
    """Plan the study and yield lines about it; nothing is written. Raises UserError for a study that cannot run."""
    with closing(open_store(path, readonly=True)) if (path / TABLE).exists() else nullcontext() as store:
        recorded = store if store and study.name in store.studies() else None
        dtypes = recorded.study(study.name).resolved.dtypes if recorded else {}
        with register_modules((file.path, file.source) for file in study.modules):
            resolver = Resolver(cache, dtypes=dtypes)
            with redirect_stdout(sys.stderr):  # for what users' own modules print
                row, cells = make_plan(study, resolver)
        counts = _count_runs(study, cells, store)
        seconds = expected_seconds(recorded.cells(study.name)) if recorded else {}
        yield f"{study.name}: {len(row.arms)} arms, {len(study.settings)} settings, {len(study.seeds)} seeds"
        yield _format_counts(counts)
        yield from (f"family {each.name}: {each.title} ({len(each.arms)} arms)" for each in row.families)
        for name, facts in row.resolved.data.items():
            yield from (f"data of {name}: {fact}" for fact in facts)
        yield describe_attainable_p(study)
        yield from _pruning_notes(study)
        yield _format_time(seconds, counts, workers)
        yield from _gpu_lines(cells, resolver)
        yield from _disk_lines(path, counts.left.total() + counts.left_of_search)
        yield from _stale_warnings(recorded, study.name) if recorded else ()
        yield from (f"warning: {warning}" for warning in row.warnings)


def _count_runs(study: StudySpec, cells: Sequence[PlannedCell], store: StoreReader | None) -> _RunCounts:
    planned = {cell.key: cell.setting for cell in cells}
    recorded = list(store.cells(study.name)) if store and study.name in store.studies() else []
    ended = {cell.key for cell in recorded if cell.state in ENDED}
    ended |= {key for key in planned if store and store.state(key) in ENDED}
    searches = 0 if study.search is None else len(study.search.arms) * len(study.settings)
    trials = 0 if study.search is None else study.search.trials * searches
    winners = searches * len(study.seeds)
    searched = {cell.key for cell in recorded if cell.current and cell.key in ended - planned.keys()}
    return _RunCounts(
        design=len(planned),
        trials=trials,
        winners=winners,
        done=sum(key in ended for key in planned) + len(searched),
        left=Counter(setting for key, setting in planned.items() if key not in ended),
        left_of_search=max(0, trials + winners - len(searched)),
    )


def _format_counts(counts: _RunCounts) -> str:
    search = f"{counts.trials} trials of the search, {counts.winners} of its winners"
    return f"runs: {counts.design} of the design, {search}; {counts.done} done already"


def _gpu_lines(cells: Sequence[PlannedCell], resolver: Resolver) -> Iterator[str]:
    """Yield the estimated GPU cost of each setting's runs."""
    for name, runs in Counter(cell.setting for cell in cells).items():
        spec = next(cell.spec for cell in cells if cell.setting == name)
        run = RunSpec.model_validate_json(json.dumps(spec))
        shape, examples = resolver.shape_and_examples(run)
        cost = estimate_gpu_cost(run, shape, examples=examples)
        yield f"{name}: {cost.describe(runs) if cost else 'its cost on a GPU cannot be estimated'}"


def _pruning_notes(study: StudySpec) -> Iterator[str]:
    """Yield a note for each setting whose trainings are too short for the search to prune a trial."""
    epochs = study.search.prune_after if study.search else ()
    for name, setting in study.settings.items():
        if epochs and min(epochs) >= setting.recipe.epochs:
            yield (
                f"note: trials of {name} are never pruned: {setting.recipe.epochs} epochs, pruning after {min(epochs)}"
            )


def _format_time(seconds: Mapping[str, float], counts: _RunCounts, workers: int) -> str:
    """Return the expected time of what is left; `seconds` maps settings to the mean seconds of a recorded run."""
    if not seconds:
        return "time: unknown until the first runs have ended"
    mean = sum(seconds.values()) / len(seconds)
    total = sum(count * seconds.get(setting, mean) for setting, count in counts.left.items())
    spread = (total + counts.left_of_search * mean) / workers
    amount = f"{spread / 3600:.1f} h" if spread >= 5400 else f"{spread / 60:.0f} min"
    return f"time: about {amount} on {workers} workers for what is left" + (
        "" if counts.done else " (nothing is done yet)"
    )


def _disk_lines(path: Path, runs: int) -> Iterator[str]:
    needed = runs * BYTES_PER_RUN
    yield f"disk: about {needed / 1e6:.0f} MB"
    folder = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if needed > free:
        yield f"warning: {folder} has {free / 1e6:.0f} MB free, and {needed / 1e6:.0f} MB are needed"


def _stale_warnings(store: StoreReader, study: str) -> Iterator[str]:
    """Yield a warning if results were recorded with other code than today's."""
    recorded = store.result_codes(study)
    modules = {module for module, _ in recorded.values() if module == "none" or module in attention.CATALOG}
    today = {module: code_digest(module) for module in modules}
    stale = sum(module in today and code != today[module] for module, code in recorded.values())
    if stale:
        yield f"warning: {stale} results were made by other code than today's (--rerun-stale runs them again)"
