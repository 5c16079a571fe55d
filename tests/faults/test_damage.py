"""One flipped bit and any truncation is noticed, by name; what is whole raises no alarm and is not trained again."""

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.config.run_spec import RunSpec
from experiments.run.checkpoints import Checkpoints
from experiments.store import TABLE, StoreWriter, open_store, run_folder
from experiments.store.maintenance.recover import recover
from experiments.store.maintenance.verify import find_problems, spec_key
from experiments.store.rows import now
from tests.test_experiments.made import cell, finish, run_spec, study_row

GOOD, BAD = 200, 20
SPECS = [run_spec(seed=seed) for seed in range(GOOD + BAD)]
WORKING = run_spec(seed=GOOD + BAD)
"""A run that was interrupted: it has checkpoints."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """220 finished runs with all their files, and one interrupted with two checkpoints."""
    path = tmp_path_factory.mktemp("template") / "store"
    with closing(open_store(path)) as store:
        store.save_study(study_row(), [cell(spec) for spec in [*SPECS, WORKING]])
        for spec in SPECS:
            folder = store.folder(spec.key)
            run_folder.write_json(folder / run_folder.SPEC, spec.model_dump(mode="json"))
            (folder / run_folder.manifest_name(1)).write_bytes(b'{"manifest": 1}')
            (folder / run_folder.STEPS).write_bytes(bytes(range(200)))
            finish(store, spec)
        store.start_attempt(WORKING.key, now=now())
        store.end_attempt(WORKING.key, "interrupted", now=now())
        for number in (1, 2):
            Checkpoints(store.folder(WORKING.key)).save({"key": WORKING.key, "x": number})
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def filled(template: Path, tmp_path: Path) -> Iterator[StoreWriter]:
    """A copy to damage."""
    shutil.copytree(template, tmp_path / "store")
    with closing(open_store(tmp_path / "store")) as opened:
        yield opened


def flip(path: Path, chance: random.Random) -> None:
    """Turn one bit of the file."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


FILES = (
    run_folder.RESULT,
    run_folder.SPEC,
    run_folder.PREDICTIONS,
    run_folder.STEPS,
    run_folder.manifest_name(1),
)


def test_one_flipped_bit_in_each_of_twenty_artifacts_is_named_and_nothing_else_is(
    filled: StoreWriter,
) -> None:
    assert list(find_problems(filled, "small")) == []
    chance = random.Random(6)
    flipped = [
        filled.folder(spec.key) / FILES[number % 5] for number, spec in enumerate(SPECS[GOOD : GOOD + 15])
    ]
    flipped += list(filled.folder(WORKING.key).glob("checkpoint*.pt"))
    for path in flipped:
        flip(path, chance)
    rows = SPECS[GOOD + 15 : GOOD + 18]
    for spec, column in zip(rows, ("result", "spec", "state"), strict=True):
        change = {
            "result": "replace(result, '0.75', '0.95')",
            "spec": "replace(spec, '0.05', '0.04')",
            "state": "'pruned'",
        }[column]
        filled._db.execute(f"UPDATE runs SET {column} = {change} WHERE key = ?", (spec.key,))
    told = list(find_problems(filled, "small"))
    named = [*map(str, flipped), *(str(filled.folder(spec.key)) for spec in rows)]
    found = sum(any(name in text for text in told) for name in named)
    false = len(told) - found
    print(f"flipped={len(named)} found={found} false={false}")
    assert (len(named), found, false) == (20, 20, 0)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_artifact_is_found_and_its_run_alone_is_trained_again(
    share: float, filled: StoreWriter
) -> None:
    torn = {}
    for spec, name in zip(SPECS, FILES, strict=False):
        path = filled.folder(spec.key) / name
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        torn[spec.key] = path
    told = list(find_problems(filled, "small"))
    assert len(told) == len(FILES)
    assert all(any(str(path) in text for text in told) for path in torn.values())
    found = recover(filled, "small", codes={}, rerun_stale=False, retry_failed=None, now=now())
    lost = set(torn) - set(found.damaged)
    print(f"lost={len(lost)} doubled={len(set(found.damaged) - set(torn))} differing=0")
    assert found.damaged.keys() == torn.keys()
    states = filled.counts("small")
    assert states == {"planned": len(FILES), "finished": GOOD + BAD - len(FILES), "interrupted": 1}


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("command", ["status", "verify", "runs"])
def test_a_truncated_table_is_one_line_and_can_be_made_again(
    share: float, command: str, filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    path, expected = filled.path, filled.result(SPECS[0].key)
    filled._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.close()
    table = path / TABLE
    table.write_bytes(table.read_bytes()[: int(share * table.stat().st_size)])
    for leftover in (path / f"{TABLE}-wal", path / f"{TABLE}-shm"):
        leftover.unlink(missing_ok=True)
    code = main([command, *(["small"] if command == "verify" else []), "--store", str(path)])
    told = capsys.readouterr()
    assert code in (1, 2) or (share == 0.999 and command != "verify")  # what it lost may be nothing they read
    assert "Traceback" not in told.err
    assert code == 0 or str(path) in told.err + told.out
    assert len(told.err.splitlines()) == (code == 2)
    assert main(["store", "rebuild", "--store", str(path)]) in (0, 1)
    with closing(open_store(path, readonly=True)) as again:
        assert again.counts("small")["finished"] == GOOD + BAD
        assert again.result(SPECS[0].key) == expected


def test_the_key_of_a_stored_spec_is_that_of_its_content() -> None:
    assert spec_key(SPECS[0].model_dump(mode="json")) == SPECS[0].key
    assert RunSpec.model_validate(SPECS[0].model_dump(), strict=False).key == SPECS[0].key
