"""Killed at the n-th operation on the disk, for every n: afterwards the old state is there or the new, no third."""

import builtins
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from experiments.run.checkpoints import Checkpoints
from experiments.store import StoreWriter, open_store, run_folder
from experiments.store.maintenance.recover import recover
from experiments.store.rows import now
from tests.test_experiments.made import cell, outcome, run_spec, study_row

SPEC = run_spec()
MANY = 200


class Killer:
    """Ends the process, as kill -9 does, at its n-th operation on the disk; what was begun is half done."""

    def __init__(self, left: int) -> None:
        self.left = left

    def operation(self, half: Callable[[], None] = lambda: None) -> None:
        self.left -= 1
        if self.left < 0:
            half()
            os._exit(9)


class Watched:
    """A file whose writes are counted; a write that is cut off leaves half."""

    def __init__(self, file: Any, killer: Killer) -> None:
        self.file, self.killer = file, killer

    def write(self, content: bytes) -> int:
        def half() -> None:
            self.file.write(content[: len(content) // 2])
            self.file.flush()

        self.killer.operation(half)
        return int(self.file.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> "Watched":
        self.file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.file.__exit__(*error)


@contextmanager
def killed_at(number: int) -> Iterator[Killer]:
    """In the body, in a process that may die: every write, fsync, rename, unlink and statement is counted."""
    killer = Killer(number)
    plain_open, plain_replace, plain_unlink, plain_fsync = Path.open, Path.replace, Path.unlink, os.fsync

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            killer.operation()
            return function(*arguments, **named)

        return call

    def opened(path: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        file = plain_open(path, mode, *rest, **named)
        return Watched(file, killer) if "w" in mode else file

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "open", opened)
        patched.setattr(Path, "replace", counted(plain_replace))
        patched.setattr(Path, "unlink", counted(plain_unlink))
        patched.setattr(os, "fsync", counted(plain_fsync))
        yield killer


def dies_at(number: int, work: Callable[[Killer], None]) -> bool:
    """Do the work in a fork that is killed at the n-th operation; False where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            with killed_at(number) as killer:
                work(killer)
        except BaseException as error:  # the test must hear of it
            builtins.print(f"the work failed: {error!r}")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


def every_n(prepare: Callable[[], None], work: Callable[[Killer], None], check: Callable[[], None]) -> int:
    """Prepare, die at n, check: for every n until the work comes to its end. Returns the number of points."""
    for number in range(MANY):
        prepare()
        dead = dies_at(number, work)
        check()
        if not dead:
            return number
    raise AssertionError("the work never ends")


def watched(store: StoreWriter, killer: Killer) -> StoreWriter:
    """Each statement is an operation too."""
    store._db.set_trace_callback(lambda statement: killer.operation())
    return store


def test_a_file_is_the_old_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    old, new = b"old" * 1000, b"new" * 2000
    seen = set()

    def check() -> None:
        seen.add(path.read_bytes())

    points = every_n(
        lambda: run_folder.write_whole(path, old), lambda killer: run_folder.write_whole(path, new), check
    )
    print(f"points={points} third={len(seen - {old, new})}")
    assert seen == {old, new}
    assert points >= 3


def test_a_checkpoint_is_the_one_before_or_the_new_one(tmp_path: Path) -> None:
    seen = []

    def prepare() -> None:
        for path in tmp_path.glob("*"):
            path.unlink()
        for number in (1, 2):
            Checkpoints(tmp_path).save({"step": number, "more": "x" * 5000})

    def check() -> None:
        state = Checkpoints(tmp_path).load(lambda text: None)
        assert state is not None
        seen.append(state["step"])

    points = every_n(
        prepare, lambda killer: Checkpoints(tmp_path).save({"step": 3, "more": "x" * 5000}), check
    )
    print(f"points={points} third={len(set(seen) - {2, 3})}")
    assert set(seen) == {2, 3}
    assert seen[-1] == 3
    assert points >= 4


def test_a_run_is_recorded_whole_or_is_run_again(tmp_path: Path) -> None:
    """From the worker's seal to the supervisor's record: what is there afterwards is adopted, or planned."""
    place = tmp_path / "store"
    states = []

    def fresh() -> StoreWriter:
        return open_store(place)

    def prepare() -> None:
        with closing(fresh()) as store:
            for path in store.folder(SPEC.key).glob("*"):
                path.unlink()
            store.save_study(study_row(), [cell(SPEC)])
            store.reset_runs([SPEC.key])

    def work(killer: Killer) -> None:
        store = watched(fresh(), killer)
        store.start_attempt(SPEC.key, now=now())
        folder = store.folder(SPEC.key)
        run_folder.write_json(folder / run_folder.SPEC, SPEC.model_dump(mode="json"))
        run_folder.write_whole(folder / run_folder.PREDICTIONS, b"predictions" * 100)
        result = run_folder.seal(folder, outcome(SPEC))
        store.record_epoch(SPEC.key, 1, result.curve[0][1])
        store.end_attempt(SPEC.key, "finished", now=now(), result=result)
        store.close()

    def check() -> None:
        with closing(fresh()) as store:
            recover(store, "small", codes={}, rerun_stale=False, retry_failed=None, now=now())
            state = store.state(SPEC.key)
            states.append(state)
            if state == "finished":
                assert run_folder.damage(store.folder(SPEC.key)) is None
                assert store.result(SPEC.key) == run_folder.read_sealed(store.folder(SPEC.key))
                assert store.curve(SPEC.key) == [(1, {"validation/accuracy": 0.7})]
            else:
                assert state in ("planned", "interrupted")
                assert store.result(SPEC.key) is None

    points = every_n(prepare, work, check)
    print(f"points={points} lost=0 doubled=0 differing=0")
    assert states[-1] == "finished"
    assert states.index("finished") < len(states) - 1  # sealed, and its record cut off
    assert points >= 20


@pytest.mark.parametrize("name", ["small"])
def test_a_plan_is_recorded_whole_or_not_at_all(name: str, tmp_path: Path) -> None:
    place = tmp_path / "store"
    cells = [cell(run_spec(seed=seed)) for seed in range(5)]

    def prepare() -> None:
        with closing(open_store(place)) as store:
            store.save_study(study_row(), cells[:2])

    def work(killer: Killer) -> None:
        store = watched(open_store(place), killer)
        store.save_study(study_row(), cells)
        store.close()

    def check() -> None:
        with closing(open_store(place)) as store:
            assert len([one for one in store.cells(name) if one.current]) in (2, 5)

    assert every_n(prepare, work, check) >= 3
