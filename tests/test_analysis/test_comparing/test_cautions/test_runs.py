"""Cautions about the runs, from changed records."""

from pathlib import Path

from analysis import frames
from analysis.comparing import Comparison, compare
from tests.test_analysis.synthetic_store import CLOCK, Arm, make_study
from tests.test_analysis.test_comparing.store_changes import (
    DECIDED,
    cautions_on,
    change_result,
    find_row,
    writable_store,
)


def test_unfinished_and_lost_runs_are_listed_apart(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    with writable_store(tmp_path) as store:
        store.end_attempt(find_row(store, "cse", 1).key, "diverged", now=CLOCK)
        store.reset_runs([find_row(store, "cbam", 4).key])
    waiting, lost = (c.text for c in cautions_on(tmp_path, "unbalanced"))
    assert waiting.startswith("1 run of the compared arms not finished")
    assert waiting.endswith("cbam on classification seed 4 (planned)")
    assert lost.startswith("1 run of the compared arms without a score")
    assert lost.endswith("cse on classification seed 1 (diverged)")


def test_arms_that_share_no_weights_are_noted(comparison: Comparison) -> None:
    assert any("narrow: paired on data only" in c.text for c in comparison.cautions)


def test_unequal_initial_weights_under_one_seed_are_an_alarm(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    with writable_store(tmp_path) as store:
        change_result(store, find_row(store, "cse", 3), hashes={"backbone": "other", "data": "d" * 64})
    alarm = cautions_on(tmp_path, "pairing")[0]
    assert alarm.weight == "alarm"
    assert "classification seed 3" in alarm.text


def test_other_data_under_one_setting_are_an_alarm(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    with writable_store(tmp_path) as store:
        change_result(store, find_row(store, "cse", 3), hashes={"backbone": "seed 3", "data": "e" * 64})
    assert [c.weight for c in cautions_on(tmp_path, "data")] == ["alarm"]


def test_mixed_code_and_mixed_machines_are_warned_of(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    with writable_store(tmp_path) as store:
        change_result(store, find_row(store, "cse", 3), code="digest-2", identity={"threads": 2})
    assert "runs of cse come from different versions" in cautions_on(tmp_path, "stale code")[0].text
    assert "2 numeric identities" in cautions_on(tmp_path, "numeric identity")[0].text


def test_results_of_other_code_than_the_plans_are_warned_of(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    assert not cautions_on(tmp_path, "other code")
    with writable_store(tmp_path) as store:
        row = store.study(store.studies()[0])
        store.update_study(row.model_copy(update={"codes": {"cse": "today's digest"}}))
    text = cautions_on(tmp_path, "other code")[0].text
    assert "results of cse were made by other code than the last plan's" in text


def test_arms_and_seeds_that_left_the_study_are_noted_and_not_compared(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=DECIDED)
    store._db.execute("UPDATE plan SET current = 0 WHERE seed = 5 OR arm = 'cbam'")
    store.close()
    assert "arms cbam and seeds 5" in cautions_on(tmp_path, "left the study")[0].text
    main = compare(frames.read(tmp_path, "made")).main
    assert main.cell("cse", "classification").seeds == (0, 1, 2, 3, 4)


def test_an_arm_with_other_seeds_by_design_is_no_broken_pair(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED | {"none again": Arm(0.01, "aa")}).close()
    with writable_store(tmp_path) as store:
        change_result(
            store, find_row(store, "none again", 3), hashes={"backbone": "seed 103", "data": "d" * 64}
        )
    assert [c.weight for c in cautions_on(tmp_path, "pairing")] == ["note"]


def test_a_comparison_none_of_whose_runs_exists_yet_is_named_and_left_out(tmp_path: Path) -> None:
    store = make_study(tmp_path, arms=DECIDED, trials=0)
    store._db.execute("DELETE FROM plan WHERE arm LIKE '%tuned%'")
    store.close()
    assert (
        "Search winners on fresh seeds: none of its runs exists yet"
        in cautions_on(tmp_path, "unfinished")[0].text
    )
    assert "tuned" not in [family.role for family in compare(frames.read(tmp_path, "made")).families]


def test_uncommitted_changes_are_noted(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED, trials=0).close()
    with writable_store(tmp_path) as store:
        change_result(store, find_row(store, "cse", 3), provenance={"dirty": True})
    assert [c.weight for c in cautions_on(tmp_path, "uncommitted code")] == ["note"]


UNDEFINED = {"accuracy": None, "loss": 0.4, "ece": 0.1}


def test_an_undefined_score_is_a_pair_that_lacks_and_is_said_to_be_undefined(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    with writable_store(tmp_path) as store:
        change_result(store, find_row(store, "cse", 2), metrics=UNDEFINED)
    (lost,) = (c.text for c in cautions_on(tmp_path, "unbalanced"))
    assert lost.endswith(
        "without a score, so that blocks lack a pair: cse on classification seed 2 (score undefined)"
    )
    assert compare(frames.read(tmp_path, "made")).main.cell("cse", "classification").seeds == (0, 1, 3, 4, 5)


def test_a_setting_whose_scores_are_all_undefined_has_no_verdicts_and_the_other_has(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    whole = compare(frames.read(tmp_path, "made"))
    with writable_store(tmp_path) as store:
        for row in list(store.plan_rows("made")):
            if row.setting == "classification" and row.role == "run":
                change_result(store, row, metrics=UNDEFINED, validation=UNDEFINED)
    main = compare(frames.read(tmp_path, "made")).main
    assert {cell.verdict for cell in main.cells if cell.setting == "classification"} == {None}
    assert main.cell("cse", "segmentation").paired == whole.main.cell("cse", "segmentation").paired
    assert main.cell("cse", "segmentation").verdict == "BETTER"


def test_what_runs_say_that_their_records_lack_is_listed_once_with_the_runs(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED).close()
    assert not cautions_on(tmp_path, "incomplete record")
    with writable_store(tmp_path) as store:
        for seed in (1, 4):
            recorded = [
                "UserWarning: a library's",
                "IncompleteRecord: the latency: not recorded (KeyError: 'x')",
            ]
            change_result(store, find_row(store, "cse", seed), warnings=recorded)
    (caution,) = cautions_on(tmp_path, "incomplete record")
    assert caution.weight == "warning"
    assert caution.text == (
        "the latency: not recorded (KeyError: 'x'): cse on classification seed 1; cse on classification seed 4"
    )
