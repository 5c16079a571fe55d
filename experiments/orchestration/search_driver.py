"""The supervisor's side of a search: when the next proposals are due, and what they add to the study's plan."""

from collections.abc import Mapping

from ..config.study_plan import StudyRow, TunedOptions
from ..store import ENDED, Cell, StoreWriter
from .remote_planner import RemotePlanner


class SearchDriver:
    """Asks for proposals once per generation, and records them and the winners in the store."""

    def __init__(self, row: StudyRow, store: StoreWriter, planner: RemotePlanner) -> None:
        self.row, self.store, self.planner = row, store, planner
        self._ended_at_last_check: int | None = None

    def is_due(self) -> bool:
        """Return whether trials have ended since the last call, and some search has no open trial."""
        trials = [cell for cell in self.store.cells(self.row.name) if _is_trial(cell)]
        ended = sum(cell.state in ENDED for cell in trials)
        searches = {(cell.setting, cell.arm) for cell in trials}
        open_searches = {(cell.setting, cell.arm) for cell in trials if cell.state not in ENDED}
        if ended == self._ended_at_last_check or (trials and searches == open_searches):
            return False
        self._ended_at_last_check = ended
        return True

    def propose(self) -> None:
        """Add the searches' next generations, or the runs of their winners, to the plan."""
        answer = self.planner.propose(self.row.resolved.dtypes)
        self.store.add_cells(self.row.name, answer.cells)
        self._record_winners(answer.tuned)

    def _record_winners(self, tuned: Mapping[str, dict[str, TunedOptions]]) -> None:
        arms = {
            label: arm.model_copy(update={"tuned": tuned.get(label, {})}) if arm.role == "tuned" else arm
            for label, arm in self.row.arms.items()
        }
        self.row = self.row.model_copy(update={"arms": arms})
        self.store.update_study(self.row)


def _is_trial(cell: Cell) -> bool:
    return cell.role == "trial" and cell.current
