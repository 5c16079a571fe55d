"""Stop signals: which is new, who handles it, and processes that are started without them."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from experiments.config.command_line import stop_signals
from experiments.config.command_line.stop_signals import (
    ECHO_SECONDS,
    STOP_SIGNALS,
    EchoFilter,
    Stopped,
    handle_stop_signals,
    raise_stopped,
    stop_signals_blocked,
)
from tests.sources import ROOT

pytestmark = pytest.mark.usefixtures("signals_heard")


def mask_bits(pid: int | str, field: str) -> set[int]:
    """The signals in a mask of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith(f"{field}:"))
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def test_a_signal_soon_after_another_is_its_echo_and_a_later_one_is_new() -> None:
    now = [100.0]
    echoes = EchoFilter(clock=lambda: now[0])
    taken = []
    for now[0] in (100.0, 100.001, 100.0 + ECHO_SECONDS - 0.01, 100.0 + ECHO_SECONDS, 103.9, 104.0):
        taken.append(echoes.takes())
    assert taken == [True, False, False, True, False, True]


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_each_stop_signal_raises_with_its_number_and_is_a_keyboard_interrupt(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt) as stopped, handle_stop_signals(raise_stopped):
        os.kill(os.getpid(), number)
    assert isinstance(stopped.value, Stopped)
    assert stopped.value.number == number
    assert signal.getsignal(number) == before


def test_the_handler_gets_new_signals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    with handle_stop_signals(heard.append):
        for number in STOP_SIGNALS:
            os.kill(os.getpid(), number)
    assert heard == [signal.SIGINT]
    monkeypatch.setattr(stop_signals, "ECHO_SECONDS", 0.0)
    with handle_stop_signals(heard.append):
        for number in STOP_SIGNALS:
            os.kill(os.getpid(), number)
    assert heard == [signal.SIGINT, *STOP_SIGNALS]


def test_a_closed_terminal_stays_ignored_under_nohup_and_nothing_else_does() -> None:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    heard: list[int] = []
    try:
        with handle_stop_signals(heard.append):
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert heard == [signal.SIGINT]


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    seen: list[object] = []

    def work() -> None:
        with handle_stop_signals(raise_stopped):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


def test_a_process_that_is_started_while_signals_are_blocked_does_not_end_by_them() -> None:
    with stop_signals_blocked():
        assert set(STOP_SIGNALS) <= mask_bits("thread-self", "SigBlk")
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert not set(STOP_SIGNALS) & mask_bits("thread-self", "SigBlk")
    for number in STOP_SIGNALS:
        process.send_signal(number)
    process.communicate(b"\n", timeout=20)
    assert process.returncode == 0


def test_signals_that_arrived_while_they_were_blocked_are_ignored_as_well() -> None:
    code = (
        "import os; from experiments.config.command_line.stop_signals import *\n"
        "with stop_signals_blocked():\n"
        "    [os.kill(os.getpid(), number) for number in STOP_SIGNALS]\n"
        "    ignore_stop_signals()\n"
        "[os.kill(os.getpid(), number) for number in STOP_SIGNALS]; print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
