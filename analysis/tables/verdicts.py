"""The table of a family's verdicts."""

from __future__ import annotations

from math import nan

from experiments.config.study_plan import PlannedArm

from ..comparing import Cell, Comparison, Family
from ..comparing.costs import Cost
from ..comparing.sentences import format_points, format_range, format_signed
from ..frames import Study
from .number_format import format_amount, format_p_value, format_percent, format_score
from .table import Column, Row, Table, Value

COLUMNS = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("verdict", "verdict"),
    Column("n", "n", True, "seeds with a score"),
    Column("score", "score", False, "mean ± standard deviation over seeds, points"),
    Column("difference", "difference", True, "mean paired difference, points"),
    Column("interval", "95 % interval"),
    Column("p", "adj. p", True, "adjusted over the whole table"),
    Column("g", "Hedges g", True, "standardized paired difference, corrected for few seeds"),
    Column("rho", "ρ", True, "correlation of the arm's and the baseline's scores over seeds"),
    Column("parameters", "params", False, "against the baseline"),
    Column("macs", "MACs", False, "multiply-adds of one image, against the baseline"),
)


def build_verdict_table(comparison: Comparison, family: Family) -> Table:
    """Build the table of a family: on each setting the baseline, then the arms, then the controls."""
    costs = {(c.arm, c.setting): c for c in comparison.costs}
    rows = []
    for setting in family.settings:
        rows.append(_baseline_row(family, setting, costs.get((family.baseline, setting))))
        cells = [family.cell(arm, setting) for arm in family.arms_then_controls]
        rows += [_verdict_row(family, cell, costs.get((cell.arm, setting))) for cell in cells]
    caption = describe_methods(family, comparison.record.study)
    return Table(f"verdicts-{family.slug}", family.label, caption, COLUMNS, tuple(rows))


def describe_methods(family: Family, study: Study) -> str:
    """Return the caption: n, test, correction, interval, margin, noise floors, the meaning of bold, and the pairing."""
    data_only = [a for a in family.arms if study.arms.get(a, PlannedArm()).paired == "data"]
    pairing = f" Paired on data only: {', '.join(data_only)}." if data_only else ""
    floors = ", ".join(f"{setting} {noise.floor:.2f}" for setting, noise in family.floors.items())
    method = "exact" if family.exact else "Monte Carlo"
    return (
        f"Differences from {family.baseline} in points over {family.pair_counts} seeds, paired by seed. p: {method} "
        f"joint sign-flip step-down maxT over all {len(family.cells)} comparisons of this table, level "
        f"{family.alpha:g}; interval: Student t, 95 %, one comparison each; EQUIVALENT: two one-sided t tests against "
        f"the margin of {format_points(family.margin)}, each at {family.alpha:g}. Noise floor in points: {floors}. "
        "Bold: the best mean on a setting, and all arms that the same joint test does not separate from it. Scores: "
        f"test split, evaluated once, on the weights that the recipe selects.{pairing}"
    )


def _verdict_row(family: Family, cell: Cell, cost: Cost | None) -> Row:
    controls = "controls" if family.is_control(cell.arm) else ""
    return Row(
        values=_verdict_values(family, cell, cost),
        texts=_verdict_texts(cell, cost),
        bold=cell.arm in family.best_arms[cell.setting],
        block=f"{cell.setting} {controls}",
    )


def _verdict_values(family: Family, cell: Cell, cost: Cost | None) -> dict[str, Value]:
    test, level = cell.paired, cell.level
    return {
        "setting": cell.setting,
        "arm": cell.arm,
        "role": family.roles.get(cell.arm, "arm"),
        "baseline": family.baseline,
        "verdict": cell.verdict or "",
        "n": level.n,
        "pairs": test.n,
        "mean": level.mean,
        "sd": level.sd,
        "difference": test.mean,
        "low": test.low,
        "high": test.high,
        "adjusted_p": cell.adjusted,
        "equivalence_p": cell.equivalence,
        "t": test.t,
        "t_p": test.p,
        "dz": test.effect.dz,
        "hedges_g": test.effect.hedges,
        "seed_correlation": cell.correlation,
        **_cost_values(cost),
        "more_seeds": cell.needed.likely if cell.needed else None,
    }


def _verdict_texts(cell: Cell, cost: Cost | None) -> dict[str, str]:
    test = cell.paired
    return {
        "setting": cell.setting,
        "arm": cell.arm,
        "verdict": cell.verdict or "no verdict",
        "n": str(cell.level.n),
        "score": format_score(cell.level),
        "difference": format_signed(test.mean),
        "interval": format_range(test.low, test.high),
        "p": format_p_value(cell.adjusted),
        "g": format_signed(test.effect.hedges, 1),
        "rho": format_signed(cell.correlation),
        "parameters": format_percent(cost.more_parameters) if cost else "–",
        "macs": format_percent(cost.more_macs) if cost else "–",
    }


def _baseline_row(family: Family, setting: str, cost: Cost | None) -> Row:
    level = family.baselines[setting]
    values: dict[str, Value] = {
        "setting": setting,
        "arm": family.baseline,
        "role": "baseline",
        "baseline": family.baseline,
        "verdict": "",
        "n": level.n,
        "mean": level.mean,
        "sd": level.sd,
        **_cost_values(cost),
    }
    texts = {
        "setting": setting,
        "arm": family.baseline,
        "verdict": "baseline",
        "n": str(level.n),
        "score": format_score(level),
        "parameters": format_amount(cost.parameters) if cost else "–",
        "macs": format_amount(cost.macs) if cost else "–",
    }
    return Row(values, texts, family.baseline in family.best_arms[setting], f"{setting} ")


def _cost_values(cost: Cost | None) -> dict[str, Value]:
    return {"parameters": cost.parameters if cost else nan, "macs": cost.macs if cost else nan}
