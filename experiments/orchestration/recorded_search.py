"""What an earlier launch recorded of a study's searches: kept in the plan until this launch has searched again.

A plan is made without the search's cells, which a search proposes one generation after the other. A launch that is
stopped before its first proposals would otherwise leave them out of status and report until the next one.
"""

from typing import Literal

from pydantic import JsonValue

from ..config.study_plan import PlannedArm, StudyRow
from ..store import PlannedCell, PlanRow, StoreReader


def keep_search(row: StudyRow, store: StoreReader) -> tuple[StudyRow, list[PlannedCell]]:
    """Return the plan's row with the recorded winners, and the recorded cells of the same searches."""
    if row.name not in store.studies():
        return row, []
    recorded = store.study(row.name)
    if _searches(row) is None or _searches(row) != _searches(recorded):
        return row, []
    cells = [_planned(each) for each in store.plan_rows(row.name) if _is_kept(each, row)]
    return row.model_copy(update={"arms": _with_winners(row.arms, recorded.arms)}), cells


def _searches(row: StudyRow) -> JsonValue:
    """Return what decides on a study's searches: the search, its settings, and the searched arms; None without one."""
    search, arms = row.spec.get("search"), row.spec.get("arms")
    if not isinstance(search, dict) or not isinstance(arms, dict):
        return None
    searched = search.get("arms")
    labels = list(searched) if isinstance(searched, dict) else []
    return [search, row.spec.get("settings"), [arms.get(label) for label in labels]]


def _is_kept(cell: PlanRow, row: StudyRow) -> bool:
    tuned = cell.arm in row.arms and row.arms[cell.arm].role == "tuned"
    return cell.current and (cell.role == "trial" or tuned)


def _planned(row: PlanRow) -> PlannedCell:
    role: Literal["run", "trial"] = "trial" if row.role == "trial" else "run"
    position = role, row.setting, row.arm, row.seed
    return PlannedCell(*position, row.key, row.spec, row.trial, row.generation)


def _with_winners(arms: dict[str, PlannedArm], recorded: dict[str, PlannedArm]) -> dict[str, PlannedArm]:
    return {
        label: arm.model_copy(update={"tuned": recorded[label].tuned})
        if arm.role == "tuned" and label in recorded and recorded[label].tuned is not None
        else arm
        for label, arm in arms.items()
    }
