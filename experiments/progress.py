"""A study's state for people: a live table in a terminal, plain lines in a pipe. Reads the records only."""

import sys
import time
from collections import Counter, defaultdict
from typing import NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .records import ENDED, PlanRow, Store, StudyRow

FAILED = ("failed", "diverged", "out_of_memory")


class Overview(NamedTuple):
    """A study's runs in numbers."""

    states: Counter[str]
    cells: dict[tuple[str, str], Counter[str]]
    """(setting, arm) -> state -> cells."""
    means: dict[tuple[str, str], float]
    """(setting, arm) -> mean primary metric of the finished runs on the test split (trials: best on validation)."""
    seconds_left: float | None
    failures: list[PlanRow]
    arms: list[str]
    """In the study's order, searches last."""

    @property
    def ended(self) -> int:
        return sum(self.states[state] for state in ENDED)

    @property
    def total(self) -> int:
        return self.states.total()


def overview(store: Store, study: str, *, workers: int) -> Overview:
    """Count the study's current cells; time left from the mean seconds of its finished runs by setting."""
    rows = [row for row in store.rows(study) if row.current]
    cells: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        place = row.setting, f"{row.arm} (search)" if row.role == "trial" else row.arm
        cells[place][row.state] += 1
        if row.state == "finished" and row.result is not None:
            split = "validation" if row.role == "trial" else "metrics"
            scores[place].append(row.result[split][row.result["primary"]])
    means = {
        place: max(found) if place[1].endswith("(search)") else sum(found) / len(found)
        for place, found in scores.items()
    }
    runs = list({row.key: row for row in rows}.values())
    return Overview(
        Counter(row.state for row in runs), dict(cells), means, _seconds_left(runs, workers),
        [row for row in runs if row.state in FAILED], _in_order(store.study(study), {arm for _, arm in cells}),
    )  # fmt: skip


def _in_order(study: StudyRow, shown: set[str]) -> list[str]:
    declared = [*study.arms, *(f"{arm} (search)" for arm in study.arms)]
    return [arm for arm in declared if arm in shown]


def _seconds_left(runs: list[PlanRow], workers: int) -> float | None:
    spent: dict[str, list[float]] = defaultdict(list)
    for row in runs:
        if row.result is not None:
            spent[row.setting].append(row.result["seconds"])
    every = [seconds for found in spent.values() for seconds in found]
    if not every:
        return None
    mean = {setting: sum(found) / len(found) for setting, found in spent.items()}
    left = [mean.get(row.setting, sum(every) / len(every)) for row in runs if row.state not in ENDED]
    return sum(left) / workers


def table(seen: Overview, title: str) -> Table:
    """Arms x settings: done of planned, and the mean of the primary metric."""
    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    settings = sorted({setting for setting, _ in seen.cells})
    drawn.add_column("arm", overflow="fold", max_width=48)
    for setting in settings:
        drawn.add_column(setting, no_wrap=True)
    for arm in seen.arms:
        drawn.add_row(Text(arm), *(_cell(seen, (setting, arm)) for setting in settings))
    return drawn


def _cell(seen: Overview, place: tuple[str, str]) -> Text:
    states = seen.cells.get(place)
    if states is None:
        return Text("")
    ended = sum(states[state] for state in ENDED)
    text = Text(f"{ended}/{states.total()}", style="green" if ended == states.total() else "")
    if place in seen.means:
        text.append(f"  {100 * seen.means[place]:.1f}", style="bold")
    if states["running"]:
        text.append(f"  {states['running']} running", style="cyan")
    if failed := sum(states[state] for state in FAILED):
        text.append(f"  {failed} failed", style="red")
    return text


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

    def __init__(self, store: Store, study: str, *, workers: int, console: Console) -> None:
        self.store, self.study, self.workers, self.console = store, study, workers, console
        self.live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self.drawn = 0.0
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
        if not force and time.monotonic() - self.drawn < 1:
            return
        self.drawn = time.monotonic()
        seen = overview(self.store, self.study, workers=self.workers)
        if self.live is not None:
            self.live.update(Group(table(seen, f"{self.study}: {line(seen)}")))
        else:
            self._plain(seen)

    def _plain(self, seen: Overview) -> None:
        rows = [row for row in self.store.rows(self.study) if row.current and row.state in ENDED]
        if self.seen is None:  # what was there before is told in one number
            self.seen = {row.key for row in rows}
            self.say(line(seen))
        for row in rows:
            if row.key not in self.seen:
                self.seen.add(row.key)
                self.say(f"[{len(self.seen)}/{seen.total}] {described(row)}{left(seen.seconds_left)}")


def described(row: PlanRow) -> str:
    """'classification  cse  seed 3: finished, accuracy 89.12, 21 s'."""
    place = f"trial {row.trial}" if row.role == "trial" else f"seed {row.seed}"
    text = f"{row.setting}  {row.arm}  {place}: {row.state}"
    if row.result is not None and row.state == "finished":
        split = (
            "validation" if row.role == "trial" else "metrics"
        )  # nobody looks at the test split while searching
        name = row.result["primary"]
        text += f", {name} {100 * row.result[split][name]:.2f}, {row.result['seconds']:.0f} s"
    return text


def console() -> Console:
    """Standard output; wide enough for whole lines when it is not a terminal."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(file=sys.stdout, soft_wrap=True, width=160, highlight=False)
