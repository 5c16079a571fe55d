"""The progress display of a study: a live table in a terminal, plain lines in a pipe. Reads the store only."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..store import ENDED, Cell, StoreReader, run_folder
from .overview import FAILED, Overview, describe_cell, summarize, summary_line, time_left

MAX_FAILURES = 5
"""The number of failures listed below the table."""
MAX_MARKS = 16
"""The most seeds that get a mark each; of more seeds the table shows only the counts."""
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
"""State -> mark of a seed, its ASCII replacement, style."""


def render_table(overview: Overview, title: str, *, plain: bool = False) -> Table:
    """Return a table of arms x settings: a mark for each seed, ended of planned runs, and the mean primary metric."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    settings = sorted({setting for setting, _ in overview.cells})
    table.add_column("arm", overflow="fold", max_width=48)
    for setting in settings:
        table.add_column(setting, no_wrap=True)
    for arm in overview.arms:
        table.add_row(Text(arm), *(_render_cell(overview, (setting, arm), plain) for setting in settings))
    return table


def _render_cell(overview: Overview, group: tuple[str, str], plain: bool) -> Text:
    cells = overview.cells.get(group)
    if cells is None:
        return Text("")
    states = Counter(cell.state for cell in cells)
    ended = sum(states[state] for state in ENDED)
    text = Text()
    for cell in cells if len(cells) <= MAX_MARKS else ():
        mark, letter, style = MARKS[cell.state]
        text.append(letter if plain else mark, style=style)
    text.append(f" {ended}/{len(cells)}", style="green" if ended == len(cells) else "")
    if group in overview.means:
        text.append(f"  {100 * overview.means[group]:.1f}", style="bold")
    if states["running"]:
        text.append(f"  {states['running']} running", style="cyan")
    if failed := sum(states[state] for state in FAILED):
        text.append(f"  {failed} failed", style="red")
    return text


def render(store: StoreReader, overview: Overview, title: str, *, plain: bool) -> Group:
    """Return the table, the running runs, and the latest failures with their logs."""
    failures = [
        f"{describe_cell(cell)} (log: {store.folder(cell.key) / run_folder.LOG})"
        for cell in overview.failures
    ]
    hidden = len(failures) - MAX_FAILURES
    more = [f"... and {hidden} more failed"] if hidden > 0 else []
    return Group(
        render_table(overview, title, plain=plain),
        *(Text(f"  running: {text}", style="" if plain else "cyan") for text in overview.running),
        *(Text(f"  {text}", style="" if plain else "red") for text in [*failures[-MAX_FAILURES:], *more]),
    )


class Progress:
    """Displays a study while it runs; `refresh` may be called as often as you like."""

    def __init__(self, store: StoreReader, study: str, *, workers: int, console: Console) -> None:
        self.store, self.study, self.workers, self.console = store, study, workers, console
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._next_refresh = 0.0
        self._reported: set[str] | None = None
        """Keys of the ended runs that have had their line."""

    def __enter__(self) -> "Progress":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self.refresh(force=True)
        if self._live is not None:
            with suppress(OSError):
                self._live.stop()

    def notify(self, text: str) -> None:
        """Print a line that stays above the table; a study outlives its terminal, and the reader of its pipe."""
        try:
            self.console.print(Text(text))
        except OSError:
            self.console.on_broken_pipe()

    def refresh(self, *, force: bool = False) -> None:
        """Read the store and draw again, at most once per second unless `force` is set."""
        if not force and time.monotonic() < self._next_refresh:
            return
        began = time.monotonic()
        cells = list(self.store.cells(self.study))
        overview = summarize(self.store, self.study, workers=self.workers, cells=cells)
        if self._live is not None:
            title = f"{self.study}: {summary_line(overview)}"
            self._live.update(render(self.store, overview, title, plain=is_plain(self.console)))
        else:
            self._print_ended(overview, cells)
        spent = time.monotonic() - began
        self._next_refresh = time.monotonic() + max(1.0, 10 * spent)  # a large study takes long to draw

    def _print_ended(self, overview: Overview, cells: Iterable[Cell]) -> None:
        ended = [cell for cell in cells if cell.current and cell.state in ENDED]
        if self._reported is None:  # runs that ended before this launch get one line together
            self._reported = {cell.key for cell in ended}
            self.notify(summary_line(overview))
        for cell in ended:
            if cell.key not in self._reported:
                self._reported.add(cell.key)
                count = f"[{len(self._reported)}/{overview.total}]"
                self.notify(f"{count} {describe_cell(cell)}{time_left(overview.seconds_left)}")


class StudyConsole(Console):
    """A console that writes nothing more once its output is gone, where rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Send this process's output nowhere from now on."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_console() -> StudyConsole:
    """Return a console on standard output, wide enough for whole lines where that is not a terminal."""
    if sys.stdout.isatty():
        return StudyConsole(highlight=False)
    return StudyConsole(file=sys.stdout, soft_wrap=True, width=160, highlight=False)


def is_plain(console: Console) -> bool:
    """Return whether to write ASCII only: into pipes, and to terminals without Unicode."""
    return not console.is_terminal or not console.encoding.lower().startswith("utf")
