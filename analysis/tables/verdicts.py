"""The main kind of table: the verdicts of a family."""

from __future__ import annotations

from math import nan

from ..comparing import Cell, Comparison, Family, Level
from ..comparing.costs import Cost
from ..comparing.sentences import more, points, signed
from ..comparing.verdicts import CONTROLS
from ..frames import Study
from .number_format import amount, p_cell, percent, score_text
from .table import Column, Row, Table, Value

VERDICTS = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("verdict", "verdict"),
    Column("n", "n", True, "seeds with a score"),
    Column("score", "score", False, "mean ± standard deviation over seeds, points"),
    Column("difference", "difference", True, "mean paired difference, points"),
    Column("interval", "95 % interval"),
    Column("p", "adj. p", True, "adjusted over the whole table"),
    Column("g", "Hedges g", True, "standardised paired difference, corrected for few seeds"),
    Column("rho", "ρ", True, "correlation of the arm's and the baseline's scores over seeds"),
    Column("parameters", "params", False, "against the baseline"),
    Column("macs", "MACs", False, "multiply-adds of one image, against the baseline"),
)


def verdict_table(comparison: Comparison, family: Family) -> Table:
    """Baseline first, then arms, then controls, for each setting."""
    costs = {(c.arm, c.setting): c for c in comparison.costs}
    rows = []
    for setting in family.settings:
        base = family.baselines[setting]
        rows.append(_baseline_row(family, setting, base, costs.get((family.baseline, setting))))
        cells = [family.cell(arm, setting) for arm in family.arms_then_controls]
        rows += [_verdict_row(family, cell, costs.get((cell.arm, setting))) for cell in cells]
    return Table(
        f"verdicts-{family.slug}",
        family.title or family.name,
        caption(family, comparison.recorded.study),
        VERDICTS,
        tuple(rows),
    )


def caption(family: Family, study: Study) -> str:
    """States n, test, correction, interval, floor, margin, selection, pairing and what bold means."""
    unpaired = [a for a in family.arms if study.arms.get(a, {}).get("paired") == "data"]
    paired = f" Paired on data only: {', '.join(unpaired)}." if unpaired else ""
    counts = sorted({len(c.seeds) for c in family.cells})
    seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    floors = ", ".join(f"{setting} {floor.floor:.2f}" for setting, floor in family.floors.items())
    how = "exact" if family.exact else "Monte Carlo"
    return (
        f"Differences from {family.baseline} in points over {seeds} seeds, paired by seed. p: {how} joint sign-flip "
        f"step-down maxT over all {len(family.cells)} comparisons of this table, level {family.alpha:g}; interval: "
        f"Student t, 95 %, one comparison each; EQUIVALENT: two one-sided t tests against the margin of "
        f"{points(family.margin)}, each at {family.alpha:g}. Noise floor in points: {floors}. Bold: the best mean on a "
        "setting and all that the same joint test does not tell from it. Test split, once, on the weights the recipe "
        f"selects.{paired}"
    )


def _verdict_row(family: Family, cell: Cell, cost: Cost | None) -> Row:
    one = cell.paired
    raw: dict[str, Value] = {
        "setting": cell.setting,
        "arm": cell.arm,
        "role": family.roles.get(cell.arm, "arm"),
        "baseline": family.baseline,
        "verdict": cell.word or "",
        "n": cell.level.n,
        "pairs": one.n,
        "mean": cell.level.mean,
        "sd": cell.level.sd,
        "difference": one.mean,
        "low": one.low,
        "high": one.high,
        "adjusted_p": cell.adjusted,
        "equivalence_p": cell.equivalence,
        "t": one.t,
        "t_p": one.p,
        "dz": one.effect.dz,
        "hedges_g": one.effect.hedges,
        "seed_correlation": cell.correlation,
        "parameters": cost.parameters if cost else nan,
        "macs": cost.macs if cost else nan,
        "more_seeds": cell.needed.likely if cell.needed else None,
    }
    shown = {
        "setting": cell.setting,
        "arm": cell.arm,
        "verdict": cell.word or "no verdict",
        "n": str(cell.level.n),
        "score": score_text(cell.level),
        "difference": signed(one.mean),
        "interval": f"{signed(one.low)} to {signed(one.high)}",
        "p": p_cell(cell.adjusted),
        "g": signed(one.effect.hedges, 1),
        "rho": signed(cell.correlation),
        **_cost_texts(cost),
        "more": more(cell) if cell.word == "INCONCLUSIVE" else "",
    }
    part = f"{cell.setting} {'controls' if family.roles.get(cell.arm) in CONTROLS else ''}"
    return Row(raw, shown, cell.arm in family.bests[cell.setting], part)


def _baseline_row(family: Family, setting: str, base: Level, cost: Cost | None) -> Row:
    raw: dict[str, Value] = {
        "setting": setting,
        "arm": family.baseline,
        "role": "baseline",
        "baseline": family.baseline,
        "verdict": "",
        "n": base.n,
        "mean": base.mean,
        "sd": base.sd,
        "parameters": cost.parameters if cost else nan,
        "macs": cost.macs if cost else nan,
    }
    shown = {
        "setting": setting,
        "arm": family.baseline,
        "verdict": "baseline",
        "n": str(base.n),
        "score": score_text(base),
        "parameters": amount(cost.parameters) if cost else "–",
        "macs": amount(cost.macs) if cost else "–",
    }
    return Row(raw, shown, family.baseline in family.bests[setting], f"{setting} ")


def _cost_texts(cost: Cost | None) -> dict[str, str]:
    if cost is None:
        return {"parameters": "–", "macs": "–"}
    return {"parameters": percent(cost.more_parameters), "macs": percent(cost.more_macs)}
