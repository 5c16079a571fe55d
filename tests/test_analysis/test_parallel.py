"""Results of forked processes come in order, and no process outlives the iterator, whatever happens."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from multiprocessing import active_children

import pytest

from analysis.parallel import fork_map
from tests.sources import ROOT

MEGABYTE = 1_000_000
SCRIPT = """
import sys, time
from analysis.parallel import fork_map
from experiments.config.command_line.program import run_program
from experiments.config.command_line.shell import run_command
def command():
    for result in fork_map(lambda size: b"x" * size, [5_000_000] * 4):
        print("first", flush=True)
        time.sleep({pause})
    return 0
sys.exit(run_program(lambda: run_command(command)))
"""


def test_results_come_in_order_from_other_processes() -> None:
    offset = 7  # a closure cannot be pickled
    delays = [0.2, 0.0, 0.1, 0.0, 0.0]

    def work(number: int) -> tuple[int, int]:
        time.sleep(delays[number])
        return number * offset, os.getpid()

    found = list(fork_map(work, range(5)))
    assert [value for value, _ in found] == [0, 7, 14, 21, 28]
    assert os.getpid() not in {process for _, process in found}
    assert active_children() == []


def test_results_may_be_larger_than_a_pipe_and_items_none() -> None:
    assert [len(text) for text in fork_map(lambda size: "x" * size, [MEGABYTE, 0, 3 * MEGABYTE])] == [
        MEGABYTE,
        0,
        3 * MEGABYTE,
    ]
    assert list(fork_map(len, [])) == []


def test_what_the_function_raises_is_raised_with_the_place_where_it_happened() -> None:
    def work(number: int) -> float:
        return 1 / number

    with pytest.raises(ZeroDivisionError, match="division by zero") as error:
        list(fork_map(work, [1, 0, 2]))
    assert "return 1 / number" in "".join(error.value.__notes__)
    assert active_children() == []


def test_a_process_that_is_killed_is_an_error_of_the_machine() -> None:
    with pytest.raises(ChildProcessError, match="killed by signal 9"):
        list(fork_map(lambda number: os.kill(os.getpid(), signal.SIGKILL), [1, 2, 3]))
    assert active_children() == []


def test_a_process_that_is_killed_between_two_items_is_the_same_error() -> None:
    def kill_all(_: int) -> None:
        for process in active_children():
            process.kill()
            process.join()

    with pytest.raises(ChildProcessError, match="killed by signal 9"):
        list(map(kill_all, fork_map(lambda number: number, range(1000))))
    assert active_children() == []


def test_an_iterator_that_is_closed_ends_its_processes_at_once() -> None:
    started = time.monotonic()
    with closing(fork_map(lambda seconds: time.sleep(seconds), [0, 60, 60])) as results:
        next(results)
        assert active_children()
    assert active_children() == []
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("to_all", [True, False])
@pytest.mark.usefixtures("signals_heard")
def test_a_signal_while_a_process_writes_its_result_ends_all_with_one_word(
    number: signal.Signals, to_all: bool
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(pause=60)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "first\n"
    time.sleep(0.2)  # until the others have filled their pipes
    (os.killpg if to_all else os.kill)(process.pid, number)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (128 + number, "interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_command_that_completes_prints_nothing_of_its_processes() -> None:
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(pause=0)], cwd=ROOT, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "first\n" * 4, "")
