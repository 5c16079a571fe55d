"""Stopping of a launch: politely at first, at once at the second signal, and signals as before afterwards."""

import os
import signal
from typing import Any

import pytest

from experiments.orchestration.stop_control import StopControl


class Recorder:
    """An engine that records how it is stopped."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def ask_to_stop(self) -> None:
        self.calls.append("ask_to_stop")

    def kill(self) -> None:
        self.calls.append("kill")


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_kills(number: signal.Signals, engine: Any) -> None:
    control = StopControl(engine, lambda line: None)
    with control.handle_signals():
        os.kill(os.getpid(), number)
        assert (control.signal, engine.calls) == (number, ["ask_to_stop"])
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert engine.calls == ["ask_to_stop", "kill"]


def test_after_the_body_signals_are_handled_as_before(engine: Any) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    control = StopControl(engine, lambda line: None)
    with control.handle_signals():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
