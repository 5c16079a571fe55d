import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.comparing.caution import Caution
from experiments.store import PlanRow, Store, open_store
from tests.test_analysis.synthetic_store import CLOCK, QUICK, Arm, make_study

SOUND = {label: arm for label, arm in QUICK.items() if label != "sse"}  # nothing open, so nothing to simulate


@contextmanager
def changed(path: Path) -> Iterator[Store]:
    store = open_store(path)
    yield store
    store.close()


def said(path: Path, topic: str) -> list[Caution]:
    return [c for c in compare(frames.read(path, "made")).cautions if c.topic == topic]


def row_of(store: Store, arm: str, seed: int, setting: str = "classification") -> PlanRow:
    return next(
        r for r in store.rows("made") if (r.arm, r.seed, r.setting, r.role) == (arm, seed, setting, "run")
    )


def rewrite(store: Store, row: PlanRow, **changes: object) -> None:
    store.end(row.key, "finished", now=CLOCK, result={**(row.result or {}), **changes})


def test_a_sound_study_gets_notes_only(comparison: Comparison) -> None:
    assert {c.weight for c in comparison.cautions} == {"note"}


def test_a_missed_positive_control_is_an_alarm_and_comes_first(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND | {"narrow": QUICK["narrow"]._replace(effect=0.0)}).close()
    first = compare(frames.read(tmp_path, "made")).cautions[0]
    assert (first.weight, first.topic) == ("alarm", "positive control")
    assert "narrow was expected to be WORSE on classification and is EQUIVALENT" in first.text


def test_missing_controls_are_warned_of(tmp_path: Path) -> None:
    make_study(tmp_path, arms={name: QUICK[name] for name in ("none", "cse")}).close()
    assert "no placebo" in said(tmp_path, "placebo")[0].text
    assert "no positive control was run" in said(tmp_path, "positive control")[0].text


def test_too_few_seeds_for_any_verdict_are_an_alarm(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND, seeds=3).close()
    alarm = said(tmp_path, "too few seeds")[0]
    assert alarm.weight == "alarm"
    assert "with 3 seeds the smallest attainable p is 0.25, above 0.05" in alarm.text
    assert "6 seeds are the fewest" in alarm.text


def test_noise_above_the_margin_is_said(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND, margin=0.1).close()
    assert "above the margin (0.1)" in said(tmp_path, "noise")[0].text


def test_unfinished_and_lost_runs_are_listed_apart(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND).close()
    with changed(tmp_path) as store:
        store.end(row_of(store, "cse", 1).key, "diverged", now=CLOCK)
        store.reset([row_of(store, "cbam", 4).key])
    waiting, lost = (c.text for c in said(tmp_path, "unbalanced"))
    assert waiting.startswith("1 run of the compared arms not finished")
    assert waiting.endswith("cbam on classification seed 4 (planned)")
    assert lost.startswith("1 run of the compared arms without a score")
    assert lost.endswith("cse on classification seed 1 (diverged)")


def test_arms_that_share_no_weights_are_noted(comparison: Comparison) -> None:
    assert any("narrow: paired on data only" in c.text for c in comparison.cautions)


def test_unequal_initial_weights_under_one_seed_are_an_alarm(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND).close()
    with changed(tmp_path) as store:
        rewrite(store, row_of(store, "cse", 3), hashes={"backbone": "other", "data": "d" * 64})
    alarm = said(tmp_path, "pairing")[0]
    assert alarm.weight == "alarm"
    assert "classification seed 3" in alarm.text


def test_other_data_under_one_setting_are_an_alarm(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND).close()
    with changed(tmp_path) as store:
        rewrite(store, row_of(store, "cse", 3), hashes={"backbone": "seed 3", "data": "e" * 64})
    assert [c.weight for c in said(tmp_path, "data")] == ["alarm"]


def test_mixed_code_and_mixed_machines_are_warned_of(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND).close()
    with changed(tmp_path) as store:
        rewrite(store, row_of(store, "cse", 3), code="digest-2", identity={"threads": 2})
    assert "runs of cse come from different versions" in said(tmp_path, "stale code")[0].text
    assert "2 numeric identities" in said(tmp_path, "numeric identity")[0].text


def test_tuned_arms_name_their_selection_and_shared_seeds_are_an_alarm(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=SOUND)
    assert [c.weight for c in said(tmp_path, "selection")] == ["note"]
    trial = next(r for r in store.rows("made") if r.role == "trial")
    spec = json.dumps({**trial.spec, "seed": 3})
    store._db.execute("UPDATE runs SET spec = ? WHERE key = ?", (spec, trial.key))
    store.close()
    assert [c.weight for c in said(tmp_path, "selection")] == ["alarm"]


def test_unequal_search_budgets_are_warned_of(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=SOUND)
    trial = next(r for r in store.rows("made") if r.role == "trial" and r.arm == "none")
    store._db.execute("DELETE FROM plan WHERE key = ? AND role = 'trial'", (trial.key,))
    store.close()
    assert "unequal budgets (none 7, scse 8)" in said(tmp_path, "search budget")[0].text


def test_arms_and_seeds_that_left_the_study_are_noted_and_not_compared(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=SOUND)
    store._db.execute("UPDATE plan SET current = 0 WHERE seed = 5 OR arm = 'cbam'")
    store.close()
    assert "arms cbam and seeds 5" in said(tmp_path, "left the study")[0].text
    main = compare(frames.read(tmp_path, "made")).main
    assert main.cell("cse", "classification").seeds == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(("effect", "alarms"), [(3.0, 2), (0.01, 0)])
def test_a_verdict_on_the_baseline_against_itself_is_an_alarm(
    tmp_path: Path, effect: float, alarms: int
) -> None:
    make_study(tmp_path, arms=SOUND | {"none again": Arm(effect, "aa")}).close()
    assert [c.weight for c in said(tmp_path, "A/A")] == ["alarm"] * alarms


def test_an_arm_with_other_seeds_by_design_is_no_broken_pair(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND | {"none again": Arm(0.01, "aa")}).close()
    with changed(tmp_path) as store:
        rewrite(store, row_of(store, "none again", 3), hashes={"backbone": "seed 103", "data": "d" * 64})
    assert [c.weight for c in said(tmp_path, "pairing")] == ["note"]


def test_a_comparison_none_of_whose_runs_exists_yet_is_named_and_left_out(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=SOUND, trials=0)
    store._db.execute("DELETE FROM plan WHERE arm LIKE '%tuned%'")
    store.close()
    assert (
        "Search winners on fresh seeds: none of its runs exists yet" in said(tmp_path, "unfinished")[0].text
    )
    assert "tuned" not in [family.role for family in compare(frames.read(tmp_path, "made")).families]


def test_a_positive_control_that_is_not_finished_is_not_called_missed(tmp_path: Path) -> None:
    make_study(tmp_path, arms=SOUND, trials=0).close()
    with changed(tmp_path) as store:
        store.reset([row.key for row in store.rows("made") if row.arm == "narrow"])
    assert {c.weight for c in said(tmp_path, "positive control")} == {"warning"}


def test_the_best_of_several_gains_is_named_as_picked_after_looking(comparison: Comparison) -> None:
    found = [c.text for c in comparison.cautions if c.topic == "best of several"]
    assert len(found) == 1
    assert found[0].startswith("Arms against none: scse on ")
    assert "is the largest of 4 arms' gains" in found[0]
