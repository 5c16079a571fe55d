"""A store that is carried elsewhere, made anew from its folders, and swept."""

import json

import pytest

from experiments.cli.main import main
from experiments.store import StoreWriter
from experiments.store.lock import SUPERVISOR, hold_lock
from tests.test_experiments.test_store.filled import SPECS, fill, records


@pytest.fixture
def filled(store: StoreWriter) -> StoreWriter:
    return fill(store)


def test_garbage_is_told_first_and_removed_on_request(
    filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    left = filled.folder(SPECS[0].key).with_name(f"{SPECS[0].key}.aside1")
    left.mkdir()
    before = records(filled)
    assert main(["store", "gc", "--store", str(filled.path)]) == 0
    assert left.exists()
    assert str(left) in capsys.readouterr().out
    assert main(["store", "gc", "--yes", "--store", str(filled.path)]) == 0
    assert not left.exists()
    assert records(filled) == before


@pytest.mark.parametrize("action", ["gc", "rebuild", "migrate"])
def test_a_store_at_work_is_left_alone(
    action: str, filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold_lock(filled.path / SUPERVISOR):
        assert main(["store", action, "--store", str(filled.path)]) == 2
    assert "is at work (process" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export"], "required: STUDY"),
        (["gc", "small"], "unrecognized arguments: small"),
        (["rebuild", "--output", "x.zip"], "unrecognized arguments: --output"),
        (["rebuild", "--yes"], "unrecognized arguments: --yes"),
        (["sweep"], "invalid choice: 'sweep'"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    words: list[str], says: str, filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["store", *words])
    assert says in capsys.readouterr().err


def test_garbage_is_listed_as_json(filled: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    left = filled.folder(SPECS[0].key).with_name(f"{SPECS[0].key}.aside1")
    left.mkdir()
    (left / "log.txt").write_bytes(b"12345")
    assert main(["store", "gc", "--json", "--store", str(filled.path)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["removed"] is False
    assert [(thing["path"], thing["bytes"]) for thing in listed["things"]] == [(str(left), 5)]
