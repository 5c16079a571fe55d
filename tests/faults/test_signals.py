"""Stop signals to everybody in the process group, at any moment and several at once: saved, in order, nothing left."""

import fcntl
import os
import pty
import signal
import subprocess
import termios
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from experiments.config.command_line.stop_signals import ECHO_SECONDS
from experiments.store import StoreReader, open_store, run_folder
from tests.faults import suite
from tests.faults.suite import STUDY, Launch, compare, runs_ended
from tests.sources import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("signals_heard")]
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def trains(launch: Launch, ended: int = 0) -> bool:
    """Wait until a run of the launch has a checkpoint."""

    def reached(store: StoreReader) -> bool:
        running = [cell.key for cell in store.cells(STUDY) if cell.state == "running"]
        return runs_ended(ended)(store) and any(
            (store.folder(key) / run_folder.CHECKPOINT).exists() for key in running
        )

    launch.until(reached)
    return launch.process.poll() is None


def assert_in_order(store: Path, launch: Launch) -> None:
    """No run is left as running or failed, each that was stopped has its checkpoint, and no process lives on."""
    with closing(open_store(store, readonly=True)) as records:
        assert {"running", "failed"} & set(records.counts(STUDY)) == set()
        stopped = [cell.key for cell in records.cells(STUDY) if cell.state == "interrupted"]
        assert all((records.folder(key) / run_folder.CHECKPOINT).exists() for key in stopped)
        messages = [records.attempts(key)[-1].message for key in stopped]
        assert stopped
        assert all(message.startswith("stopped in epoch") for message in messages), messages
    end = time.monotonic() + 10
    while launch.processes() and time.monotonic() < end:
        time.sleep(0.1)
    assert launch.processes() == []


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_the_whole_group_is_signaled_twice_and_the_runs_are_saved(
    number: signal.Signals, tmp_path: Path, cache: Path, undisturbed: Path
) -> None:
    launch = Launch(tmp_path, cache, wandb="offline")
    assert trains(launch, ended=1)
    launch.process.send_signal(number)  # as `timeout` does: to its command, then to the group
    os.killpg(launch.process.pid, number)
    code, output = launch.ended()
    assert code == SIGNALS[number], output
    assert "the same command resumes the study" in output
    assert "Traceback" not in output
    assert "not everything is published" not in output  # the process that publishes ended in order
    assert_in_order(tmp_path, launch)
    code, output = Launch(tmp_path, cache).ended()
    assert code == 0, output
    account = compare(tmp_path, undisturbed)
    print(account)
    assert account == (0, 0, 0)


def test_every_process_of_the_launch_is_signaled_as_a_batch_system_does(tmp_path: Path, cache: Path) -> None:
    launch = Launch(tmp_path, cache, wandb="offline")
    assert trains(launch)
    for pid in launch.processes():  # sessions of their own too
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    code, output = launch.ended()
    assert code == 143, output
    assert "not everything is published" not in output
    assert_in_order(tmp_path, launch)


def test_a_second_signal_after_a_while_ends_the_runs_at_once_and_leaves_none_running(
    tmp_path: Path, cache: Path
) -> None:
    launch = Launch(tmp_path, cache)
    assert trains(launch)
    worker = launch.workers()[0]
    os.kill(worker, signal.SIGSTOP)  # it cannot save
    launch.process.terminate()
    time.sleep(ECHO_SECONDS + 0.5)
    assert launch.process.poll() is None
    launch.process.terminate()
    code, output = launch.ended()
    assert code == 143, output
    assert output.splitlines()[-1] == "interrupted"
    with closing(open_store(tmp_path, readonly=True)) as records:
        assert "running" not in records.counts(STUDY)
    assert launch.processes() == []


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("seconds", [0.4, 1.5, 4.0])
def test_before_anything_trains_one_word_is_said_and_nothing_lives_on(
    number: signal.Signals, seconds: float, tmp_path: Path, cache: Path
) -> None:
    launch = Launch(tmp_path, cache)
    time.sleep(seconds)
    os.killpg(launch.process.pid, number)
    code, output = launch.ended()
    assert code in (SIGNALS[number], -number), output  # by the signal itself while Python starts
    assert "Traceback" not in output
    last = output.splitlines()[-1] if output else ""
    assert code < 0 or last.startswith("interrupted"), output  # with more words if training has begun by then
    end = time.monotonic() + 10
    while launch.processes() and time.monotonic() < end:
        time.sleep(0.1)
    assert launch.processes() == []


def test_a_signal_to_one_worker_saves_its_run_which_goes_on(
    tmp_path: Path, cache: Path, undisturbed: Path
) -> None:
    launch = Launch(tmp_path, cache)
    assert trains(launch)
    for worker in launch.workers():
        os.kill(worker, signal.SIGTERM)
    code, output = launch.ended()
    assert code == 0, output
    assert "interrupted: killed: stopped in epoch" in output
    assert compare(tmp_path, undisturbed) == (0, 0, 0)


def test_a_study_outlives_the_reader_of_its_output(tmp_path: Path, cache: Path) -> None:
    launch = Launch(tmp_path, cache)
    assert trains(launch)
    assert launch.process.stdout is not None
    launch.process.stdout.close()  # such as `| head`, or a `tee` that the signal has ended
    os.killpg(launch.process.pid, signal.SIGTERM)
    assert launch.process.wait(suite.PATIENCE) == 143
    assert_in_order(tmp_path, launch)


def test_a_terminal_that_is_closed_saves_the_runs(tmp_path: Path, cache: Path) -> None:
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        suite.command(tmp_path),
        cwd=ROOT,
        env={**os.environ, "WANDB_MODE": "disabled", "ABLATION_CACHE": str(cache), "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    reader = threading.Thread(target=read_all, args=(terminal,), daemon=True)
    reader.start()
    end = time.monotonic() + suite.PATIENCE
    while not list(tmp_path.glob(f"runs/*/*/{run_folder.CHECKPOINT}")) and time.monotonic() < end:
        time.sleep(0.05)
    os.close(terminal)  # the kernel sends SIGHUP, and every further write fails
    assert process.wait(suite.PATIENCE) == 129
    with closing(open_store(tmp_path, readonly=True)) as records:
        counts = records.counts(STUDY)
        assert counts["interrupted"] >= 1
        assert {"running", "failed"} & set(counts) == set()


def read_all(terminal: int) -> None:
    """Read what the terminal shows, until it is closed."""
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_timeout_ends_a_study_with_its_runs_saved(tmp_path: Path, cache: Path) -> None:
    words = ["timeout", "--preserve-status", "-k", "120", "25", *suite.command(tmp_path, "--workers", "1")]
    environment = {**os.environ, "WANDB_MODE": "disabled", "ABLATION_CACHE": str(cache)}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (143, 0), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    with closing(open_store(tmp_path, readonly=True)) as records:
        assert "running" not in records.counts(STUDY)


@pytest.mark.parametrize("closed", ["import timm", "import torch"])
def test_a_library_that_cannot_be_imported_is_one_line_at_once(
    closed: str, tmp_path: Path, cache: Path
) -> None:
    name = closed.removeprefix("import ")
    (tmp_path / "broken" / name).mkdir(parents=True)
    (tmp_path / "broken" / name / "__init__.py").write_text("raise OSError('libgomp.so.1: cannot open')\n")
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "broken"),
        "WANDB_MODE": "disabled",
        "ABLATION_CACHE": str(cache),
    }
    began = time.monotonic()
    done = subprocess.run(
        suite.command(tmp_path / "store"), cwd=ROOT, env=environment, capture_output=True, text=True
    )
    print(f"{time.monotonic() - began:.0f} s")
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "fails (" in line  # the statement and its place: a library of ours may import this one first
    assert line.endswith("OSError: libgomp.so.1: cannot open")
    assert not (tmp_path / "store" / "store.sqlite").exists()
