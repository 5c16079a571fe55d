"""The supervisor's side of a search: when the next proposals are due, and what they add to the study's plan."""

from collections.abc import Mapping, Sequence

from ..config.study_plan import StudyRow, TunedOptions
from ..store import ENDED, Cell, PlannedCell, StoreWriter
from .remote_planner import RemotePlanner


class SearchDriver:
    """Asks for proposals once per generation, and records them and the winners in the store.

    `cells`: the study's plan without its searches.
    """

    def __init__(
        self, row: StudyRow, cells: Sequence[PlannedCell], store: StoreWriter, planner: RemotePlanner
    ) -> None:
        self.row, self.cells, self.store, self.planner = row, cells, store, planner
        self._ended_at_last_check: int | None = None

    def is_due(self) -> bool:
        """Return whether trials have ended since the last call, and some search has no open trial; at first True."""
        trials = [cell for cell in self.store.cells(self.row.name) if _is_trial(cell)]
        ended = sum(cell.state in ENDED for cell in trials)
        searches = {(cell.setting, cell.arm) for cell in trials}
        open_searches = {(cell.setting, cell.arm) for cell in trials if cell.state not in ENDED}
        first = self._ended_at_last_check is None  # the trials in the plan are those of an earlier launch
        if not first and (ended == self._ended_at_last_check or (trials and searches == open_searches)):
            return False
        self._ended_at_last_check = ended
        return True

    def propose(self) -> None:
        """Record the plan with all that the searches propose by now: trials, and the runs of their winners."""
        answer = self.planner.propose(self.row.resolved.dtypes)
        self._set_winners(answer.tuned)
        self.store.save_study(self.row, [*self.cells, *answer.cells])

    def _set_winners(self, tuned: Mapping[str, dict[str, TunedOptions]]) -> None:
        arms = {
            label: arm.model_copy(update={"tuned": tuned.get(label, {})}) if arm.role == "tuned" else arm
            for label, arm in self.row.arms.items()
        }
        self.row = self.row.model_copy(update={"arms": arms})


def _is_trial(cell: Cell) -> bool:
    return cell.role == "trial" and cell.current
