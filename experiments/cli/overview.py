"""A study's runs in numbers: counts by state, mean scores, failures, and the expected time left."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ..config.run_spec import PRIMARY
from ..store import ENDED, Cell, State, StoreReader, StudyRow

FAILED: tuple[State, ...] = ("failed", "diverged", "out_of_memory")
SEARCH_LABEL = "{} (search)"
"""The row of an arm's trials, beside the row of its runs."""


class Overview(NamedTuple):
    """The state of a study's runs."""

    states: Counter[State]
    cells: dict[tuple[str, str], list[Cell]]
    """(setting, arm) -> its cells, by seed or trial."""
    means: dict[tuple[str, str], float]
    """(setting, arm) -> mean primary metric of the finished runs on the test split (trials: best on validation)."""
    seconds_left: float | None
    failures: list[Cell]
    arms: list[str]
    """In the study's order, searches last."""
    running: list[str]
    """One line for each run that is training."""

    @property
    def ended(self) -> int:
        """The number of runs that have ended, with or without a result."""
        return sum(self.states[state] for state in ENDED)

    @property
    def total(self) -> int:
        """The number of runs in the study."""
        return self.states.total()


def summarize(
    store: StoreReader, study: str, *, workers: int, cells: Iterable[Cell] | None = None
) -> Overview:
    """Summarize the study's current cells (default: as read from the store).

    The time left is computed from the mean seconds of finished runs in each setting, over `workers`.
    """
    cells = [cell for cell in cells or store.cells(study) if cell.current]
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.setting, SEARCH_LABEL.format(cell.arm) if cell.role == "trial" else cell.arm].append(cell)
    runs = list({cell.key: cell for cell in cells}.values())
    return Overview(
        Counter(cell.state for cell in runs),
        dict(groups),
        {group: mean for group, members in groups.items() if (mean := _mean_score(members)) is not None},
        _seconds_left(runs, workers),
        [cell for cell in runs if cell.state in FAILED],
        _order_arms(store.study(study), {arm for _, arm in groups}),
        [_describe_training(store, cell) for cell in runs if cell.state == "running"],
    )


def describe_cell(cell: Cell) -> str:
    """Return 'classification  cse  seed 3: finished, accuracy 89.12, 21 s'. Trials: the validation score."""
    text = f"{name_cell(cell)}: {cell.state}"
    score = cell.validation if cell.role == "trial" else cell.test
    if cell.state == "finished":
        text += f", {cell.primary} {format_score(score)}, {cell.seconds or 0:.0f} s"
    return text


def name_cell(cell: Cell) -> str:
    """Return 'classification  cse  seed 3', or with 'trial 3' for a trial of a search."""
    return f"{cell.setting}  {cell.arm}  {seed_or_trial(cell)}"


def seed_or_trial(cell: Cell) -> str:
    """Return 'seed 3', or 'trial 3' for a trial of a search."""
    return f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"


def summary_line(overview: Overview) -> str:
    """Return '57/156 runs, 2 running, about 14 min left'."""
    failed = f", {len(overview.failures)} failed" if overview.failures else ""
    running = f", {overview.states['running']} running" if overview.states["running"] else ""
    return f"{overview.ended}/{overview.total} runs{running}{failed}{time_left(overview.seconds_left)}"


def time_left(seconds: float | None) -> str:
    """Return ', about 14 min left', or an empty text if nothing is left or the time is unknown."""
    if not seconds:
        return ""
    return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"


def _mean_score(cells: list[Cell]) -> float | None:
    finished = [cell for cell in cells if cell.state == "finished"]
    trials = [cell.validation for cell in finished if cell.role == "trial" and cell.validation is not None]
    tests = [cell.test for cell in finished if cell.role != "trial" and cell.test is not None]
    return sum(tests) / len(tests) if tests else max(trials, default=None)


def _describe_training(store: StoreReader, cell: Cell) -> str:
    """Return 'classification  cse  seed 3: epoch 2 of 2, accuracy 71.20 after 1'."""
    curve, epochs = store.curve(cell.key), store.spec(cell.key)["recipe"]["epochs"]
    if not curve:
        return f"{name_cell(cell)}: epoch 1 of {epochs}"
    epoch, metrics = curve[-1]
    scores = (
        f", {name} {format_score(metrics[f'validation/{name}'])}"
        for name in PRIMARY.values()
        if f"validation/{name}" in metrics
    )
    return f"{name_cell(cell)}: epoch {min(epoch + 1, epochs)} of {epochs}{next(scores, '')} after {epoch}"


def format_score(score: float | None) -> str:
    """Return a fraction in points, or the word for a score that its split does not define."""
    return "undefined" if score is None else f"{100 * score:.2f}"


def _order_arms(study: StudyRow, present: set[str]) -> list[str]:
    declared = [*study.arms, *(SEARCH_LABEL.format(arm) for arm in study.arms)]
    return [arm for arm in declared if arm in present]


def _seconds_left(runs: list[Cell], workers: int) -> float | None:
    by_setting: dict[str, list[float]] = defaultdict(list)
    for cell in runs:
        if cell.seconds is not None:
            by_setting[cell.setting].append(cell.seconds)
    every = [seconds for times in by_setting.values() for seconds in times]
    if not every:
        return None
    means = {setting: sum(times) / len(times) for setting, times in by_setting.items()}
    overall = sum(every) / len(every)
    return sum(means.get(cell.setting, overall) for cell in runs if cell.state not in ENDED) / workers
