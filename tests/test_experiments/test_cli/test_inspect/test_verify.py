"""`verify`: damaged files and an edited table are found."""

from pathlib import Path

from experiments.store import open_store, run_folder
from tests.test_experiments.made import run_spec

from ..commands import Call


def test_verify_names_what_is_damaged(call: Call, recorded: Path) -> None:
    assert call("verify", "small", "--store", recorded) == (0, ["1 runs checked, 0 damaged"], [])
    path = run_folder.folder_of(recorded, run_spec().key) / run_folder.PREDICTIONS
    path.write_bytes(path.read_bytes()[:-1])
    code, out, _ = call("verify", "small", "--store", recorded)
    assert code == 1
    assert str(path) in out[0]
    assert out[-1] == "1 runs checked, 1 damaged"


def test_verify_sees_a_table_that_was_edited(call: Call, recorded: Path) -> None:
    store = open_store(recorded)
    result = store.result(run_spec().key)
    assert result is not None
    store.end_attempt(
        run_spec().key, "finished", now="", result=result.model_copy(update={"metrics": {"accuracy": 1.0}})
    )
    store.close()
    code, out, _ = call("verify", "small", "--store", recorded)
    assert code == 1
    assert "differs from the table" in out[0]
