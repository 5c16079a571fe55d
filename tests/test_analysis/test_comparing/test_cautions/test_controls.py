"""Cautions about controls, from changed records."""

from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import compare
from tests.test_analysis.synthetic_store import QUICK, Arm, make_study
from tests.test_analysis.test_comparing.store_changes import DECIDED, cautions_on, writable_store


def test_a_missed_positive_control_is_an_alarm_and_comes_first(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED | {"narrow": QUICK["narrow"]._replace(effect=0.0)}).close()
    first = compare(frames.read(tmp_path, "made")).cautions[0]
    assert (first.weight, first.topic) == ("alarm", "positive control")
    assert "narrow was expected to be WORSE on classification and is EQUIVALENT" in first.text


def test_missing_controls_are_warned_of(tmp_path: Path) -> None:
    make_study(tmp_path, arms={name: QUICK[name] for name in ("none", "cse")}).close()
    assert "no placebo" in cautions_on(tmp_path, "placebo")[0].text
    assert "no positive control was run" in cautions_on(tmp_path, "positive control")[0].text


@pytest.mark.parametrize(("effect", "alarms"), [(3.0, 2), (0.01, 0)])
def test_a_verdict_on_the_baseline_against_itself_is_an_alarm(
    tmp_path: Path, effect: float, alarms: int
) -> None:
    make_study(tmp_path, arms=DECIDED | {"none again": Arm(effect, "aa")}).close()
    assert [c.weight for c in cautions_on(tmp_path, "A/A")] == ["alarm"] * alarms


def test_a_positive_control_that_is_not_finished_is_not_called_missed(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED, trials=0).close()
    with writable_store(tmp_path) as store:
        store.reset_runs([row.key for row in store.plan_rows("made") if row.arm == "narrow"])
    assert {c.weight for c in cautions_on(tmp_path, "positive control")} == {"warning"}
