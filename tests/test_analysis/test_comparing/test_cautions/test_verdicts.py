"""Cautions about the verdicts, from changed records."""

import json
from pathlib import Path

from analysis.comparing import Comparison
from analysis.comparing.cautions.verdicts import check_skewness
from analysis.statistics import Skewness
from tests.test_analysis.synthetic_store import make_study
from tests.test_analysis.test_comparing.store_changes import DECIDED, cautions_on


def test_too_few_seeds_for_any_verdict_are_an_alarm(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED, seeds=3).close()
    alarm = cautions_on(tmp_path, "too few seeds")[0]
    assert alarm.weight == "alarm"
    assert "with 3 seeds the smallest attainable p is 0.25, above 0.05" in alarm.text
    assert "6 seeds are the fewest" in alarm.text


def test_noise_above_the_margin_is_cautions_on(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED, margin=0.1).close()
    assert "above the margin (0.1)" in cautions_on(tmp_path, "noise")[0].text


def test_tuned_arms_name_their_selection_and_shared_seeds_are_an_alarm(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=DECIDED)
    assert [c.weight for c in cautions_on(tmp_path, "selection")] == ["note"]
    trial = next(r for r in store.plan_rows("made") if r.role == "trial")
    spec = json.dumps({**trial.spec, "seed": 3})
    store._db.execute("UPDATE runs SET spec = ? WHERE key = ?", (spec, trial.key))
    store.close()
    assert [c.weight for c in cautions_on(tmp_path, "selection")] == ["alarm"]


def test_unequal_search_budgets_are_warned_of(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=DECIDED)
    trial = next(r for r in store.plan_rows("made") if r.role == "trial" and r.arm == "none")
    store._db.execute("DELETE FROM plan WHERE key = ? AND role = 'trial'", (trial.key,))
    store.close()
    assert "unequal budgets (none 7, scse 8)" in cautions_on(tmp_path, "search budget")[0].text


def test_the_largest_of_several_gains_is_noted_as_a_selection(comparison: Comparison) -> None:
    result = [c.text for c in comparison.cautions if c.topic == "best of several"]
    assert len(result) == 1
    assert result[0].startswith("Arms against none: scse on ")
    assert "is the largest of 4 arms' gains" in result[0]


def test_skewed_differences_are_warned_of_and_normal_ones_are_not(comparison: Comparison) -> None:
    family = comparison.main._replace(skewness=Skewness(1.5, 1.0))
    result = list(check_skewness([family, family._replace(skewness=Skewness(-0.9, 1.0))]))
    assert [c.weight for c in result] == ["warning"]
    assert "pooled skewness +1.50; normal ones stay within 1.00" in result[0].text
