"""Which planned run starts next."""

from collections.abc import Iterable, Mapping

from ..store import ENDED, Cell, expected_seconds


class Queue:
    """Planned runs, each once. Resumed ones and trials first (others wait for them), then the longest expected,
    then seed by seed, so that early results are balanced over arms; those that must be alone come last.
    """

    def __init__(self) -> None:
        self.alone: set[str] = set()
        """Runs that ran out of memory beside others."""
        self._cells: list[Cell] = []
        self._seconds: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._cells)

    def fill(self, cells: Iterable[Cell], *, at_work: Iterable[str]) -> None:
        """Take in what the records have: the runs that have not ended, and how long ended ones took."""
        cells = list(cells)
        self._seconds = expected_seconds(cells)
        taken = set(at_work)
        waiting = {cell.key: cell for cell in cells if cell.current and cell.state not in ENDED}
        self._cells = [cell for key, cell in waiting.items() if key not in taken]
        self._sort()

    def put_back(self, cell: Cell) -> None:
        """A run that was interrupted goes on as soon as it may."""
        self._cells.append(cell._replace(state="interrupted"))
        self._sort()

    def ended(self, cell: Cell, seconds: float) -> None:
        """The first run of a setting that ends says how long the others will take."""
        if cell.setting not in self._seconds:
            self._seconds[cell.setting] = seconds
            self._sort()

    def first(self, *, at_work: int) -> Cell | None:
        """The next run that may start beside so many; None where there is none."""
        if not self._cells or (self._cells[0].key in self.alone and at_work):
            return None
        return self._cells[0]

    def remove(self, cell: Cell) -> None:
        """The run goes to work."""
        self._cells.remove(cell)

    def clear(self) -> None:
        """Start nothing more."""
        self._cells.clear()

    def _sort(self) -> None:
        self._cells.sort(key=lambda cell: (cell.key in self.alone, order(cell, self._seconds)))


Order = tuple[bool, bool, float, int, str, str]


def order(cell: Cell, seconds: Mapping[str, float]) -> Order:
    """What a run is sorted by; `seconds`: setting -> expected."""
    long = -seconds.get(cell.setting, 0.0)
    return cell.state != "interrupted", cell.role != "trial", long, cell.seed, cell.setting, cell.arm
