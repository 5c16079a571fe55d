"""A study's state for people: a live table in a terminal, plain lines in a pipe. Reads the records only."""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..config.run_spec import PRIMARY
from ..store import ENDED, Cell, State, StoreReader, StudyRow, run_folder

FAILED: tuple[State, ...] = ("failed", "diverged", "out_of_memory")
RECENT = 5
STRIP = 16
"""Seeds that are shown one by one; of more, only the numbers are."""
MARKS = {
    "planned": ("·", ".", ""),
    "running": ("▸", ">", "cyan"),
    "finished": ("■", "#", "green"),
    "pruned": ("▪", "-", "green"),
    "diverged": ("!", "!", "red"),
    "failed": ("✗", "x", "red"),
    "out_of_memory": ("✗", "x", "red"),
    "interrupted": ("‖", "~", "yellow"),
}
"""State -> mark of a seed, its ASCII stand-in, style."""


class Overview(NamedTuple):
    """A study's runs in numbers."""

    states: Counter[State]
    cells: dict[tuple[str, str], list[Cell]]
    """(setting, arm) -> its cells, by seed or trial."""
    means: dict[tuple[str, str], float]
    """(setting, arm) -> mean primary metric of the finished runs on the test split (trials: best on validation)."""
    seconds_left: float | None
    failures: list[Cell]
    arms: list[str]
    """In the study's order, searches last."""
    at_work: list[str]
    """A line for each run that trains."""

    @property
    def ended(self) -> int:
        return sum(self.states[state] for state in ENDED)

    @property
    def total(self) -> int:
        return self.states.total()


def overview(
    store: StoreReader, study: str, *, workers: int, cells: Iterable[Cell] | None = None
) -> Overview:
    """Count the study's current cells; time left from the mean seconds of its finished runs by setting."""
    cells = [cell for cell in cells or store.cells(study) if cell.current]
    places: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        places[cell.setting, f"{cell.arm} (search)" if cell.role == "trial" else cell.arm].append(cell)
    means = {place: mean for place, found in places.items() if (mean := _mean(found)) is not None}
    runs = list({cell.key: cell for cell in cells}.values())
    at_work = [_epoch(store, cell) for cell in runs if cell.state == "running"]
    return Overview(
        Counter(cell.state for cell in runs),
        dict(places),
        means,
        _seconds_left(runs, workers),
        [cell for cell in runs if cell.state in FAILED],
        _in_order(store.study(study), {arm for _, arm in places}),
        at_work,
    )


def _mean(cells: list[Cell]) -> float | None:
    trials = [cell.validation for cell in cells if cell.role == "trial" and cell.state == "finished"]
    tested = [cell.test for cell in cells if cell.role != "trial" and cell.state == "finished"]
    best = max((score for score in trials if score is not None), default=None)
    scores = [score for score in tested if score is not None]
    return sum(scores) / len(scores) if scores else best


def _epoch(store: StoreReader, cell: Cell) -> str:
    """'classification cse seed 3: epoch 1 of 2, accuracy 71.20'."""
    curve, epochs = store.curve(cell.key), store.spec(cell.key)["recipe"]["epochs"]
    if not curve:
        return f"{_place(cell)}: epoch 1 of {epochs}"
    epoch, metrics = curve[-1]
    shown = next(
        (
            f", {name} {100 * metrics[f'validation/{name}']:.2f}"
            for name in PRIMARY.values()
            if f"validation/{name}" in metrics
        ),
        "",
    )
    return f"{_place(cell)}: epoch {min(epoch + 1, epochs)} of {epochs}{shown} after {epoch}"


def _in_order(study: StudyRow, shown: set[str]) -> list[str]:
    declared = [*study.arms, *(f"{arm} (search)" for arm in study.arms)]
    return [arm for arm in declared if arm in shown]


def _seconds_left(runs: list[Cell], workers: int) -> float | None:
    spent: dict[str, list[float]] = defaultdict(list)
    for cell in runs:
        if cell.seconds is not None:
            spent[cell.setting].append(cell.seconds)
    every = [seconds for found in spent.values() for seconds in found]
    if not every:
        return None
    mean = {setting: sum(found) / len(found) for setting, found in spent.items()}
    average = sum(every) / len(every)
    return sum(mean.get(cell.setting, average) for cell in runs if cell.state not in ENDED) / workers


def table(seen: Overview, title: str, *, plain: bool = False) -> Table:
    """Arms x settings: a mark for each seed, done of planned, and the mean of the primary metric."""
    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    settings = sorted({setting for setting, _ in seen.cells})
    drawn.add_column("arm", overflow="fold", max_width=48)
    for setting in settings:
        drawn.add_column(setting, no_wrap=True)
    for arm in seen.arms:
        drawn.add_row(Text(arm), *(_cell(seen, (setting, arm), plain) for setting in settings))
    return drawn


def _cell(seen: Overview, place: tuple[str, str], plain: bool) -> Text:
    cells = seen.cells.get(place)
    if cells is None:
        return Text("")
    states = Counter(cell.state for cell in cells)
    ended = sum(states[state] for state in ENDED)
    text = Text()
    for cell in cells if len(cells) <= STRIP else ():
        mark, letter, style = MARKS[cell.state]
        text.append(letter if plain else mark, style=style)
    text.append(f" {ended}/{len(cells)}", style="green" if ended == len(cells) else "")
    if place in seen.means:
        text.append(f"  {100 * seen.means[place]:.1f}", style="bold")
    if states["running"]:
        text.append(f"  {states['running']} running", style="cyan")
    if failed := sum(states[state] for state in FAILED):
        text.append(f"  {failed} failed", style="red")
    return text


def shown(store: StoreReader, seen: Overview, title: str, *, plain: bool) -> Group:
    """The table, what is at work, and the last failures with their logs."""
    failures = [
        f"{described(cell)} (log: {store.folder(cell.key) / run_folder.LOG})" for cell in seen.failures
    ]
    more = [f"... and {len(failures) - RECENT} more failed"] if len(failures) > RECENT else []
    return Group(
        table(seen, title, plain=plain),
        *(Text(f"  at work: {text}", style="" if plain else "cyan") for text in seen.at_work),
        *(Text(f"  {text}", style="" if plain else "red") for text in [*failures[-RECENT:], *more]),
    )


def line(seen: Overview) -> str:
    """'57/156 runs, 2 running, about 14 min left'."""
    failed = f", {len(seen.failures)} failed" if seen.failures else ""
    running = f", {seen.states['running']} running" if seen.states["running"] else ""
    return f"{seen.ended}/{seen.total} runs{running}{failed}{left(seen.seconds_left)}"


def left(seconds: float | None) -> str:
    """', about 14 min left', or nothing when nothing is left or known."""
    if not seconds:
        return ""
    return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"


class Progress:
    """Shows a study while it runs: call `changed` as often as you like."""

    def __init__(self, store: StoreReader, study: str, *, workers: int, console: Console) -> None:
        self.store, self.study, self.workers, self.console = store, study, workers, console
        self.live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self.next = 0.0
        self.seen: set[str] | None = None

    def __enter__(self) -> "Progress":
        if self.live is not None:
            self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self.changed(force=True)
        if self.live is not None:
            self.live.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(Text(text))

    def changed(self, *, force: bool = False) -> None:
        if not force and time.monotonic() < self.next:
            return
        began = time.monotonic()
        cells = list(self.store.cells(self.study))
        seen = overview(self.store, self.study, workers=self.workers, cells=cells)
        if self.live is not None:
            title = f"{self.study}: {line(seen)}"
            self.live.update(shown(self.store, seen, title, plain=is_plain(self.console)))
        else:
            self._plain(seen, cells)
        self.next = time.monotonic() + max(
            1.0, 10 * (time.monotonic() - began)
        )  # a large study is drawn rarely

    def _plain(self, seen: Overview, cells: Iterable[Cell]) -> None:
        ended = [cell for cell in cells if cell.current and cell.state in ENDED]
        if self.seen is None:  # what was there before is told in one number
            self.seen = {cell.key for cell in ended}
            self.say(line(seen))
        for cell in ended:
            if cell.key not in self.seen:
                self.seen.add(cell.key)
                self.say(f"[{len(self.seen)}/{seen.total}] {described(cell)}{left(seen.seconds_left)}")


def _place(cell: Cell) -> str:
    place = f"trial {cell.trial}" if cell.role == "trial" else f"seed {cell.seed}"
    return f"{cell.setting}  {cell.arm}  {place}"


def described(cell: Cell) -> str:
    """'classification  cse  seed 3: finished, accuracy 89.12, 21 s'."""
    text = f"{_place(cell)}: {cell.state}"
    score = (
        cell.validation if cell.role == "trial" else cell.test
    )  # nobody looks at the test split while searching
    if cell.state == "finished" and score is not None:
        text += f", {cell.primary} {100 * score:.2f}, {cell.seconds or 0:.0f} s"
    return text


def console() -> Console:
    """Standard output; wide enough for whole lines when it is not a terminal."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(file=sys.stdout, soft_wrap=True, width=160, highlight=False)


def is_plain(console: Console) -> bool:
    """Whether only ASCII should be written: into pipes, and to terminals without Unicode."""
    return not console.is_terminal or not console.encoding.lower().startswith("utf")
