"""Old stores are migrated to the current schema completely or not at all, after a backup."""

import json
import sqlite3
from pathlib import Path

import pytest

from experiments.store import SCHEMA, TABLE, open_store, schema
from tests.test_experiments.made import NOW, cell, outcome, run_spec, study_row

SPEC = run_spec()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as the first version left it: one finished run, one failed, and no summaries."""
    row = study_row().content()
    table = sqlite3.connect(tmp_path / TABLE)
    table.executescript(schema.MIGRATIONS[1] + "PRAGMA user_version = 1;")
    table.execute("INSERT INTO studies VALUES (?, ?)", (row.pop("name"), json.dumps(row)))
    for seed, (state, result) in enumerate(
        [("finished", json.dumps(outcome(SPEC).content())), ("failed", None)]
    ):
        one = cell(run_spec(seed=seed))
        table.execute("INSERT INTO runs VALUES (?, ?, ?, ?)", (one.key, json.dumps(one.spec), state, result))
        place = ("small", "run", one.setting, one.arm, seed, -1, None, 1, one.key)
        table.execute("INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", place)
        table.execute("INSERT INTO attempts VALUES (?, 1, ?, ?, ?, '')", (one.key, state, NOW, NOW))
    table.commit()
    table.close()
    return tmp_path


def version(path: Path) -> int:
    table = sqlite3.connect(path)
    (found,) = table.execute("PRAGMA user_version").fetchone()
    table.close()
    return int(found)


def test_an_old_store_is_migrated_with_all_that_it_has_and_a_backup(old: Path) -> None:
    store = open_store(old)
    assert [(row.state, row.result) for row in store.plan_rows("small")] == [
        ("finished", outcome(SPEC)),
        ("failed", None),
    ]
    cells = [(one.state, one.primary, one.test, one.validation, one.seconds) for one in store.cells("small")]
    assert cells == [("finished", "accuracy", 0.75, 0.8, 2.0), ("failed", None, None, None, None)]
    store.close()
    assert version(old / TABLE) == SCHEMA
    assert version(old / f"{TABLE}.schema1") == 1
    copy = sqlite3.connect(old / f"{TABLE}.schema1")
    assert copy.execute("SELECT COUNT(*) FROM runs").fetchone() == (2,)
    copy.close()


def test_a_migrated_table_has_the_schema_of_a_new_one(old: Path, tmp_path: Path) -> None:
    def tables(path: Path) -> list[tuple[str, str]]:
        store = open_store(path)
        found = store._db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        store.close()
        return found

    assert tables(old) == tables(tmp_path / "new")


def test_a_reader_reads_an_old_store_and_changes_nothing(old: Path) -> None:
    before = (old / TABLE).read_bytes()
    reader = open_store(old, readonly=True)
    assert [(one.state, one.test) for one in reader.cells("small")] == [("finished", 0.75), ("failed", None)]
    assert reader.counts("small") == {"finished": 1, "failed": 1}
    reader.close()
    assert version(old / TABLE) == 1
    assert (old / TABLE).read_bytes()[100:] == before[100:]


@pytest.mark.parametrize("step", range(1, 3))
def test_a_migration_that_is_cut_off_leaves_the_old_schema(
    step: int, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = schema.MIGRATIONS[2].split(";")
    broken = ";".join([*statements[:step], "SELECT * FROM nowhere"])
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, 2: broken})
        with pytest.raises(ValueError, match="nowhere"):
            open_store(old)
    assert version(old / TABLE) == 1
    store = open_store(old)
    assert store.counts("small") == {"finished": 1, "failed": 1}
    store.close()
