"""A store that is carried elsewhere, made anew from its folders, and swept."""

import json
import sqlite3
from contextlib import closing

import pytest

from experiments.cli.main import main, parse
from experiments.store import TABLE, StoreWriter
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


@pytest.mark.parametrize("action", ["export", "rebuild", "gc", "migrate"])
def test_help_of_an_action_describes_it_and_has_examples(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["store", action, "--help"])
    described, _, examples = capsys.readouterr().out.partition("examples:")
    assert described.partition("\n\n")[2].partition("\n\n")[0].endswith(".")
    assert f"python -m experiments store {action}" in examples
    for line in examples.strip().splitlines():
        assert parse(line.split()[3:]).command == "store"


@pytest.mark.parametrize("words", [["--verbose", "gc"], ["gc", "--verbose"], ["gc"]])
def test_verbose_may_stand_before_or_after_the_action(words: list[str]) -> None:
    assert parse(["store", *words]).verbose is ("--verbose" in words)


def test_a_current_table_needs_no_migration(filled: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    (filled.path / f"{TABLE}.schema1").write_bytes(b"an earlier backup")
    assert main(["store", "migrate", "--store", str(filled.path)]) == 0
    assert capsys.readouterr().out == f"{filled.path}: nothing to do\n"


def test_a_migration_names_its_backup(filled: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    backup = filled.path / f"{TABLE}.schema2"
    backup.write_bytes(b"an earlier backup")
    filled.close()
    with closing(sqlite3.connect(filled.path / TABLE)) as table:
        table.executescript("DROP TABLE failures; PRAGMA user_version = 2;")
    assert main(["store", "migrate", "--store", str(filled.path)]) == 0
    assert capsys.readouterr().out == f"{filled.path}: migrated; the old table is kept as {backup}\n"


def test_a_rebuild_names_the_old_table(filled: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    filled.close()
    for number in (1, 2):
        assert main(["store", "rebuild", "--store", str(filled.path)]) == 0
        assert f"; the old table is now {filled.path / TABLE}.aside{number}\n" in capsys.readouterr().out


def test_a_rebuild_of_a_lost_table_says_so(filled: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    filled.close()
    (filled.path / TABLE).unlink()
    assert main(["store", "rebuild", "--store", str(filled.path)]) == 0
    assert capsys.readouterr().out.endswith("; there was no table\n")
