"""A clock adds up the seconds of all attempts."""

import resource
import time
from datetime import datetime

import pytest

from experiments.run import clock
from experiments.run.clock import Clock


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The time that the clock sees, wall and CPU."""
    now = {"wall": 100.0, "cpu": 10.0}
    monkeypatch.setattr(time, "monotonic", lambda: now["wall"])
    monkeypatch.setattr(time, "process_time", lambda: now["cpu"])
    return now


def test_wall_and_cpu_seconds_are_counted_from_the_start(seconds: dict[str, float]) -> None:
    watch = Clock()
    seconds |= {"wall": 107.12345, "cpu": 12.5}
    reading = watch.reading()
    assert (reading.seconds, reading.cpu_seconds) == (7.123, 2.5)


def test_a_resumed_run_keeps_its_start_and_adds_its_seconds(
    seconds: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: "2026-01-01T00:00:00+00:00")
    first = Clock()
    seconds |= {"wall": 105.0, "cpu": 11.0}
    state = first.state()
    assert state == {"started": "2026-01-01T00:00:00+00:00", "spent": [5.0, 1.0]}
    monkeypatch.setattr(clock, "now", lambda: "2026-01-02T00:00:00+00:00")
    second = Clock()
    second.restore("2026-01-01T00:00:00+00:00", (5.0, 1.0))
    seconds |= {"wall": 108.0, "cpu": 12.0}
    assert second.reading()[:4] == ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", 8.0, 2.0)


def test_the_peak_is_that_of_the_process_in_bytes() -> None:
    peak = Clock().reading().peak_bytes
    assert peak == resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert peak > 2**20


def test_times_are_iso_8601() -> None:
    reading = Clock().reading()
    assert datetime.fromisoformat(reading.started) <= datetime.fromisoformat(reading.ended)
