"""The order in which planned runs start."""

from collections.abc import Iterable, Mapping

from ..store import ENDED, Cell, expected_seconds

SortKey = tuple[bool, bool, float, int, str, str]


class RunQueue:
    """The planned runs that have not started, each once, in the order in which they start.

    Interrupted runs come first, then trials (the search waits for them), then the runs expected to take longest. Ties
    are broken by seed, so that early results are balanced over arms. Runs that must run alone come last.
    """

    def __init__(self) -> None:
        self.alone: set[str] = set()
        """Keys of the runs that must run alone: they ran out of memory beside others."""
        self._cells: list[Cell] = []
        self._seconds: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._cells)

    def refill(self, cells: Iterable[Cell], *, running: Iterable[str]) -> None:
        """Replace the queue by the study's runs that have neither ended nor are running (by key)."""
        cells = list(cells)
        self._seconds = expected_seconds(cells)
        started = set(running)
        waiting = {cell.key: cell for cell in cells if cell.current and cell.state not in ENDED}
        self._cells = [cell for key, cell in waiting.items() if key not in started]
        self._sort()

    def put_back(self, cell: Cell) -> None:
        """Queue a run that was interrupted; it starts again as soon as possible."""
        self._cells.append(cell._replace(state="interrupted"))
        self._sort()

    def record_seconds(self, cell: Cell, seconds: float) -> None:
        """Expect the other runs of a setting to take as long as its first one that ended."""
        if cell.setting not in self._seconds:
            self._seconds[cell.setting] = seconds
            self._sort()

    def next_cell(self, *, running: int) -> Cell | None:
        """Return the run that may start next beside `running` others, or None; it stays in the queue."""
        if not self._cells or (self._cells[0].key in self.alone and running):
            return None
        return self._cells[0]

    def remove(self, cell: Cell) -> None:
        """Take a run out of the queue because it starts."""
        self._cells.remove(cell)

    def _sort(self) -> None:
        self._cells.sort(key=lambda cell: (cell.key in self.alone, sort_key(cell, self._seconds)))


def sort_key(cell: Cell, seconds: Mapping[str, float]) -> SortKey:
    """Return what runs are sorted by; `seconds` maps settings to the expected seconds of a run."""
    longest_first = -seconds.get(cell.setting, 0.0)
    return (
        cell.state != "interrupted",
        cell.role != "trial",
        longest_first,
        cell.seed,
        cell.setting,
        cell.arm,
    )
