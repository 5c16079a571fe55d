"""Stores that do not fit the command, disks that are too small, and what looks wrong and works."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.store import SCHEMA, TABLE, open_store
from tests.sources import ROOT
from tests.test_experiments.made import cell, finish, run_spec, study_file, study_row

from .studies import PLAIN

# What looks wrong and works.
TAKEN = {
    "a rate as text": ("learning_rate: 0.05", "learning_rate: 5e-2"),
    "a reduction above the channels": ("kernel_size: 3}", "kernel_size: 3, reduction: 32}"),
    "letters of any script": ("  cse: {module", "  Größe π 注意: {module"),
}


def written(folder: Path, change: tuple[str, str]) -> Path:
    old, new = change
    assert old in PLAIN
    return study_file(folder, PLAIN.replace(old, new, 1))


def refused(capfd: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line of a command that is refused."""
    capfd.readouterr()
    code = main([str(word) for word in words])
    out, err = capfd.readouterr()
    assert (code, out, len(err.splitlines())) == (2, "", 1), (code, out, err)
    assert err.startswith("error: ")
    return err


@pytest.mark.parametrize("what", TAKEN)
def test_it_works(what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(written(tmp_path, TAKEN[what])), "--store", str(tmp_path / "store")]) == 0
    assert capfd.readouterr().err == ""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A store with one finished run."""
    with closing(open_store(tmp_path / "recorded")) as store:
        store.save_study(study_row(), [cell(run_spec())])
        finish(store, run_spec())
    return tmp_path / "recorded"


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["runs"],
        ["verify", "small"],
        ["reproduce", "small"],
        ["store", "migrate"],
        ["store", "gc"],
    ],
    ids=" ".join,
)
def test_a_store_of_a_newer_version_is_refused_by_name_and_left_as_it_is(
    command: list[str], recorded: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(recorded / TABLE)) as table:
        table.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    line = refused(capfd, *command, "--store", recorded)
    assert f"schema {SCHEMA + 1}" in line
    assert str(recorded / TABLE) in line
    with closing(sqlite3.connect(recorded / TABLE)) as table:
        assert table.execute("PRAGMA user_version").fetchone() == (SCHEMA + 1,)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("reproduce", "smal"), "recorded: small"),
        (("reproduce", "small", "--sample", "0"), "--sample: at least 1"),
        (("reproduce", "small", "--workers", "0"), "--workers: at least 1"),
        (("show", "zzzz"), "0 recorded runs begin like this"),
        (("diff", "zzzz", "yyyy"), "0 recorded runs begin like this"),
        (("runs", "--where", "amr=x"), "did you mean 'arm'"),
        (("store", "export", "smal"), "recorded: small"),
        (("store", "export", "small", "--output", "x.tar"), "ends in .zip"),
    ],
)
def test_a_command_with_arguments_that_fit_nothing_changes_nothing(
    words: tuple[str, ...], says: str, recorded: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = sorted(recorded.rglob("*"))
    assert says in refused(capfd, *words, "--store", recorded)
    assert sorted(recorded.rglob("*")) == before


def test_an_exported_store_is_read_and_never_written(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "small.zip"
    assert main(["store", "export", "small", "--store", str(recorded), "--output", str(target)]) == 0
    before = target.read_bytes()
    for words in (["status"], ["runs"], ["verify", "small"], ["show", run_spec().key[:8]]):
        assert main([*words, "--store", str(target)]) == 0
    assert main(["status", "small", "--store", str(target)]) == 0
    line = refused(capfd, "store", "gc", "--store", target)
    assert str(target) in line
    assert target.read_bytes() == before


def test_a_store_that_cannot_be_written_names_path_and_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *arguments: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ValueError, match=rf"store: .*user {os.getuid()} \(Permission denied\)"):
        open_store(tmp_path / "store")


def test_a_disk_that_is_too_small_is_said_in_the_plan(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda path: usage)
        assert main(["plan", str(study_file(tmp_path, PLAIN)), "--store", str(tmp_path / "store")]) == 0
    assert "has 0 MB free" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plan", "{bad}"], "did you mean 'margin'"),
        (["status", "--store", "{nothing}"], "no run store here"),
        (["store", "rebuild", "--store", "{nothing}"], "no run store here"),
    ],
    ids=["a study", "a store", "a rebuild"],
)
def test_a_real_process_says_one_line_and_exits_with_2(words: list[str], says: str, tmp_path: Path) -> None:
    bad = written(tmp_path, ("margin:", "margn:"))
    filled = [word.format(bad=bad, nothing=tmp_path / "nothing") for word in words]
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *filled], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]
