"""Recovery after a killed supervisor: no run is lost, none runs twice, no damaged record is used."""

import pytest

from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.store import StoreWriter, run_folder
from experiments.store.maintenance.recover import RecoveryReport, recover
from tests.test_experiments.made import NOW, cell, finish, outcome, run_spec, sealed, study_row

SPECS = [run_spec(seed=seed) for seed in range(3)]
CODES = {"none": "today"}


@pytest.fixture
def planned(store: StoreWriter) -> StoreWriter:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    return store


def recovered(
    store: StoreWriter, *, rerun_stale: bool = False, retry_failed: str | None = None
) -> RecoveryReport:
    return recover(store, "small", codes=CODES, rerun_stale=rerun_stale, retry_failed=retry_failed, now=NOW)


def states(store: StoreWriter) -> list[str | None]:
    return [store.state(spec.key) for spec in SPECS]


def test_nothing_is_found_where_nothing_happened(planned: StoreWriter) -> None:
    finish(planned, SPECS[0])
    assert recovered(planned) == ([], {}, [], [])
    assert states(planned) == ["finished", "planned", "planned"]


def test_a_run_cut_off_in_training_is_interrupted(planned: StoreWriter) -> None:
    planned.start_attempt(SPECS[0].key, now=NOW)
    assert recovered(planned) == ([], {}, [], [])
    assert states(planned)[0] == "interrupted"


@pytest.mark.parametrize("began", [True, False])
def test_a_sealed_result_that_was_not_recorded_is_adopted(planned: StoreWriter, began: bool) -> None:
    if began:
        planned.start_attempt(SPECS[0].key, now=NOW)
    result = sealed(planned, SPECS[0])
    assert recovered(planned).adopted == [SPECS[0].key]
    assert planned.result(SPECS[0].key) == result
    assert planned.curve(SPECS[0].key) == [(1, {"validation/accuracy": 0.7})]
    assert states(planned) == ["finished", "planned", "planned"]
    assert recovered(planned) == ([], {}, [], [])


def test_a_result_of_another_run_is_not_adopted(planned: StoreWriter) -> None:
    run_folder.seal(planned.folder(SPECS[0].key), outcome(SPECS[1]))
    assert recovered(planned).adopted == []
    assert states(planned) == ["planned"] * 3


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_damaged_result_that_was_not_recorded_is_not_adopted(planned: StoreWriter, share: float) -> None:
    sealed(planned, SPECS[0])
    path = planned.folder(SPECS[0].key) / run_folder.RESULT
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert recovered(planned).adopted == []
    assert states(planned)[0] == "planned"


@pytest.mark.parametrize("name", [run_folder.RESULT, run_folder.PREDICTIONS])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_damaged_record_is_set_aside_and_runs_again(planned: StoreWriter, name: str, share: float) -> None:
    for spec in SPECS[:2]:
        finish(planned, spec)
    path = planned.folder(SPECS[0].key) / name
    torn = path.read_bytes()[: int(share * path.stat().st_size)]
    path.write_bytes(torn)
    found = recovered(planned)
    assert list(found.damaged) == [SPECS[0].key]
    assert str(path) in found.damaged[SPECS[0].key]
    assert states(planned) == ["planned", "finished", "planned"]
    aside = path.parent.with_name(f"{SPECS[0].key}.aside1")
    assert (aside / name).read_bytes() == torn
    assert not path.parent.exists()
    assert planned.result(SPECS[0].key) is None


def test_a_run_whose_folder_is_missing_runs_again(planned: StoreWriter) -> None:
    finish(planned, SPECS[0])
    folder = planned.folder(SPECS[0].key)
    folder.rename(folder.with_name("elsewhere"))
    assert list(recovered(planned).damaged) == [SPECS[0].key]
    assert states(planned)[0] == "planned"


def test_a_record_that_is_damaged_twice_is_set_aside_twice(planned: StoreWriter) -> None:
    for number in (1, 2):
        finish(planned, SPECS[0])
        (planned.folder(SPECS[0].key) / run_folder.PREDICTIONS).unlink()
        recovered(planned)
        assert planned.folder(SPECS[0].key).with_name(f"{SPECS[0].key}.aside{number}").exists()


def test_results_of_other_code_are_listed_and_kept(planned: StoreWriter) -> None:
    finish(planned, SPECS[0], code="yesterday")
    assert recovered(planned).stale == [SPECS[0].key]
    assert states(planned)[0] == "finished"


def test_results_of_other_code_run_again_on_request(planned: StoreWriter) -> None:
    finish(planned, SPECS[0], code="yesterday")
    finish(planned, SPECS[1])
    assert recovered(planned, rerun_stale=True).stale == [SPECS[0].key]
    assert states(planned) == ["planned", "finished", "planned"]
    assert recovered(planned) == ([], {}, [], [])  # the old result is out of the way, not taken over


@pytest.mark.parametrize("state", ["failed", "out_of_memory"])
def test_failures_are_final_until_they_are_to_be_retried(planned: StoreWriter, state: str) -> None:
    planned.start_attempt(SPECS[0].key, now=NOW)
    planned.end_attempt(SPECS[0].key, "failed" if state == "failed" else "out_of_memory", now=NOW)
    recovered(planned)
    assert states(planned)[0] == state
    recovered(planned, retry_failed="")
    assert states(planned)[0] == "planned"


def test_a_diverged_run_is_a_result_and_not_retried(planned: StoreWriter) -> None:
    finish(planned, SPECS[0], state="diverged")
    recovered(planned, retry_failed="")
    assert states(planned)[0] == "diverged"


def test_runs_that_left_the_study_are_left_alone(planned: StoreWriter) -> None:
    finish(planned, SPECS[0], code="yesterday")
    planned.save_study(study_row(), [cell(SPECS[1])])
    assert recovered(planned, rerun_stale=True).stale == []
    assert states(planned)[0] == "finished"


def test_an_arm_that_is_no_longer_in_the_study_is_not_called_stale(planned: StoreWriter) -> None:
    other: RunSpec = run_spec(arm=ArmSpec(module="se"))
    planned.add_cells("small", [cell(other, "se")])
    finish(planned, other, code="yesterday")
    assert recovered(planned).stale == []
