"""A recorded study in W&B's own offline files, read back by W&B's own tool."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from experiments.cli.main import main
from experiments.store import StoreWriter, open_store
from experiments.tracking import tracker
from experiments.tracking.publisher import Publisher, to_tracked_run
from experiments.tracking.tracker import TrackedRun, WandbTracker, failures_as_user_errors, read_mode
from tests.test_experiments.made import cell, finish, run_spec, study_file, study_row
from user_error import UserError

SPECS = [run_spec(seed=seed) for seed in range(2)]
PUBLISH = """
import sys
from pathlib import Path
from experiments.tracking.sync_process import publish
from experiments.store import open_store
sys.exit(publish(open_store(Path(sys.argv[1]), readonly=True), "small", until_input_ends=False))
"""


@pytest.fixture
def recorded(store: StoreWriter) -> StoreWriter:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    finish(store, SPECS[0], curve=[[1, {"validation/accuracy": 0.6}], [2, {"validation/accuracy": 0.7}]])
    finish(store, SPECS[1], state="diverged", message="the loss is nan", curve=[])
    return store


def inspected(path: Path) -> list[dict[str, Any]]:
    """The records that `wandb leet inspect` reads from an offline run, one JSON object a line."""
    wandb = Path(sys.executable).with_name("wandb")
    done = subprocess.run([wandb, "leet", "inspect", "--json", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_offline_run_holds_its_place_description_curve_and_summary(recorded: StoreWriter) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH, str(recorded.path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"W&B: offline in {recorded.path / 'wandb'}")
    assert "wandb login" in lines[0]
    assert lines[-1] == "W&B: 2 runs published"
    row = next(row for row in recorded.plan_rows("small") if row.key == SPECS[0].key)
    (folder,) = (recorded.path / "wandb").glob(f"offline-run-*-{to_tracked_run(row).id}")
    records = inspected(folder)
    history = [one["history"]["item"] for one in records if one["type"] == "history"]
    assert [(step["epoch"], step["validation/accuracy"]) for step in history] == [(1, 0.6), (2, 0.7)]
    last = records[-1]
    assert (last["num"], last["type"], last["exit"]["exit_code"]) == (len(records), "exit", 0)
    text = json.dumps(records)
    for expected in (
        to_tracked_run(row).name,
        to_tracked_run(row).group,
        row.key,
        "0.75",
        "validation/accuracy",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("written", "mode"),
    [("online", "online"), ("run", "online"), ("offline", "offline"), ("dryrun", "offline"), ("", "")],
)
def test_a_mode_and_its_older_name_mean_the_same(
    written: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", written)
    assert read_mode() == mode


@pytest.mark.parametrize("written", ["shared", "OFFLINE", "off", "true", "0", " ", "offline "])
def test_any_other_mode_is_refused_in_one_line(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", written)
    with pytest.raises(UserError) as error:
        read_mode()
    assert str(error.value) == f"WANDB_MODE: {written!r} is none of online, offline, disabled"


@pytest.mark.parametrize("mode", ["nonsense", "shared"])
@pytest.mark.parametrize("command", ["sync", "run"])
def test_a_command_with_a_wrong_mode_changes_nothing(
    command: str,
    mode: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WANDB_MODE", mode)
    with closing(open_store(tmp_path / "store")) as store:
        store.save_study(study_row(), [cell(SPECS[0])])
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "files").mkdir()
    study = study_file(tmp_path / "files") if command == "run" else "small"
    where = tmp_path / ("new" if command == "run" else "store")
    assert main([command, str(study), "--store", str(where)]) == 2
    assert capfd.readouterr().err == f"error: WANDB_MODE: {mode!r} is none of online, offline, disabled\n"
    left = {path for path in tmp_path.rglob("*") if "files" not in path.parts}
    assert {path for path in left - set(before) if path.suffix not in (".sqlite-wal", ".sqlite-shm")} == set()


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("WANDB_PROJECT", "a/b", "W&B: Invalid project name 'a/b'"),
        ("WANDB_SILENT", "perhaps", "W&B: WANDB_SILENT: Input should be a valid boolean"),
        ("WANDB_BASE_URL", "nowhere", "W&B: "),
    ],
)
def test_a_setting_that_wandb_refuses_is_one_line_without_a_web_address(
    variable: str, value: str, says: str, recorded: StoreWriter
) -> None:
    command = [sys.executable, "-m", "experiments", "sync", "small", "--store", str(recorded.path)]
    variables = os.environ | {"WANDB_MODE": "offline", variable: value}
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {says}")
    assert "http" not in line
    assert list((recorded.path / "wandb").glob("published/*.json")) == []


def test_an_offline_file_that_is_not_complete_is_no_published_run(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Run:
        """A run of W&B whose `finish` returns before the content is on the disk."""

        summary: ClassVar[dict[str, object]] = {}
        settings = SimpleNamespace(
            sync_file=str(recorded.path / "run.wandb"), sync_dir=str(recorded.path / "x")
        )

        def __getattr__(self, name: str) -> Any:
            return lambda *words, **options: None

    monkeypatch.setattr(tracker, "FINISH_SECONDS", 0.2)
    (recorded.path / "run.wandb").write_bytes(b":W&B\xe1\xbe\x00")
    library: Any = SimpleNamespace(init=lambda **options: Run(), Settings=lambda **options: None)
    offline = WandbTracker(recorded.path, library, online=False)
    with (
        pytest.raises(UserError, match=r"^W&B: .*run\.wandb is not complete on the disk"),
        failures_as_user_errors(),
    ):
        Publisher(recorded, "small", offline).update()
    assert list((recorded.path / "wandb").glob("published/*.json")) == []


def test_a_failure_midway_keeps_what_was_shown_and_goes_on_later(recorded: StoreWriter) -> None:
    class CommError(Exception):
        """An error of W&B's own."""

    CommError.__module__ = "wandb.errors"
    shown: list[str] = []

    class Failing:
        """A tracker that loses its connection at its second run."""

        live, location = True, "somewhere"

        def start_run(self, run: TrackedRun) -> str:
            return f"https://wandb.example/{run.id}"

        def log_metrics(self, run_id: str, epoch: int, metrics: object) -> None: ...

        def end_run(self, run_id: str, summary: object, *, failed: bool) -> None:
            if len(shown) == 1:
                shown.append("")
                raise CommError("no connection\nsee https://wandb.example/errors")
            shown.append(run_id)

    with (
        pytest.raises(UserError, match=r"^W&B: no connection; later$"),
        failures_as_user_errors(hint="later"),
    ):
        Publisher(recorded, "small", Failing()).update()
    assert Publisher(recorded, "small", Failing()).update() == 1
    assert Publisher(recorded, "small", Failing()).update() == 0
    assert len(set(shown) - {""}) == 2


def test_a_fault_of_ours_passes() -> None:
    with pytest.raises(KeyError), failures_as_user_errors():
        raise KeyError("x")
