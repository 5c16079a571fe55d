"""The share of time that a card computes, from the kernels that torch's profiler sees."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch._C._autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from experiments.training.trainer import Interrupted

LONGEST = 8


class Busy(NamedTuple):
    """What the card did in one training step, on average."""

    kernel_seconds: float
    share: float
    """Kernel seconds over the seconds of a step that was not profiled."""
    kernels: float
    longest: list[str]


def measure_busy(
    epoch: Callable[[Callable[[], None]], None], *, steps: int, warm_up: int, seconds_a_step: float
) -> Busy:
    """Profile some steps of an epoch, after some others, and stop it then."""
    profiler = profile(activities=[ProfilerActivity.CUDA])
    done = 0

    def after_step() -> None:
        nonlocal done
        done += 1
        if done == warm_up:
            torch.cuda.synchronize()
            profiler.start()
        elif done == warm_up + steps:
            torch.cuda.synchronize()
            profiler.stop()
            raise Interrupted

    epoch(after_step)
    return _summary(profiler, steps, seconds_a_step)


def _summary(profiler: profile, steps: int, seconds_a_step: float) -> Busy:
    kernels = [event for event in profiler.key_averages() if event.device_type == DeviceType.CUDA]
    seconds = sum(event.self_device_time_total for event in kernels) / 1e6 / steps
    kernels.sort(key=lambda event: -event.self_device_time_total)
    longest = [
        f"{event.self_device_time_total / 1000 / steps:8.3f} ms a step,"
        f" {event.count / steps:6.1f} times  {event.key[:90]}"
        for event in kernels[:LONGEST]
    ]
    return Busy(seconds, seconds / seconds_a_step, sum(event.count for event in kernels) / steps, longest)
