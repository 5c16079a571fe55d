"""Stopping of a launch: politely at first, at once at the second signal, and signals as before afterwards."""

import os
import signal
from typing import Any

import pytest

from experiments.config.command_line import stop_signals
from experiments.config.command_line.stop_signals import Stopped
from experiments.orchestration.limits import GRACE_SECONDS
from experiments.orchestration.stop_control import StopControl

pytestmark = pytest.mark.usefixtures("signals_heard")


class Recorder:
    """An engine that records how it is stopped."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.names = ["late"]

    def ask_to_stop(self) -> None:
        self.calls.append("ask_to_stop")

    def kill(self, names: list[str] | None = None) -> None:
        self.calls.append("kill" if names is None else f"kill {names}")


@pytest.fixture
def engine() -> Any:
    return Recorder()


def test_a_stop_tells_the_user_why_and_asks_all_workers(engine: Any) -> None:
    lines: list[str] = []
    control = StopControl(engine, lines.append)
    assert not control.stopping
    control.stop("the time is over")
    assert (control.stopping, control.signal) == (True, None)
    assert (lines, engine.calls) == (["the time is over"], ["ask_to_stop"])


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def no_echoes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every signal as a new one, however soon it comes."""
    monkeypatch.setattr(stop_signals, "ECHO_SECONDS", 0.0)


@pytest.mark.usefixtures("no_echoes")
@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_and_the_second_kills(number: signal.Signals, engine: Any) -> None:
    control = StopControl(engine, lambda line: None)
    with control.handle_signals():
        os.kill(os.getpid(), number)
        assert (control.signal, control.stopping, engine.calls) == (number, True, [])
        control.apply()
        control.apply()
        assert engine.calls == ["ask_to_stop"]
        os.kill(os.getpid(), number)
        with pytest.raises(Stopped) as stopped:
            control.apply()
    assert engine.calls == ["ask_to_stop", "kill"]
    assert stopped.value.number == number


@pytest.mark.parametrize("second", SIGNALS)
def test_signals_that_come_together_are_one(second: signal.Signals, engine: Any) -> None:
    control = StopControl(engine, lambda line: None)
    with control.handle_signals():
        for number in (signal.SIGTERM, second, signal.SIGTERM):  # `timeout` sends two, a shell another one
            os.kill(os.getpid(), number)
            control.apply()
    assert (control.signal, engine.calls) == (signal.SIGTERM, ["ask_to_stop"])


@pytest.mark.usefixtures("no_echoes")
def test_the_code_is_that_of_the_first_signal(engine: Any) -> None:
    control = StopControl(engine, lambda line: None)
    with control.handle_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Stopped) as stopped:
            control.apply()
    assert stopped.value.number == signal.SIGTERM


def test_a_disk_stops_the_launch_once_with_the_first_message(engine: Any) -> None:
    lines: list[str] = []
    control = StopControl(engine, lines.append)
    control.stop_for_disk("OSError: no space")
    control.stop_for_disk("OSError: still none")
    assert (control.disk, control.stopping, control.signal) == ("OSError: no space", True, None)
    assert (len(lines), engine.calls) == (1, ["ask_to_stop"])


def test_after_the_body_signals_are_handled_as_before(engine: Any) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    control = StopControl(engine, lambda line: None)
    with control.handle_signals():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_worker_that_does_not_end_in_time_is_killed(engine: Any) -> None:
    now = [0.0]
    control = StopControl(engine, lambda line: None, clock=lambda: now[0])
    control.kill_the_late()
    control.stop("the time is over")
    now[0] = GRACE_SECONDS
    control.kill_the_late()
    assert engine.calls == ["ask_to_stop"]
    now[0] = GRACE_SECONDS + 0.1
    control.kill_the_late()
    assert engine.calls == ["ask_to_stop", "kill ['late']"]
