"""How long a forward pass takes here."""

import statistics
import time
from typing import NamedTuple

import torch
from torch import Tensor, nn

BATCH, REPEATS = 16, 5


class Latency(NamedTuple):
    """Median milliseconds of one forward pass of `batch` images on so many threads."""

    milliseconds: float
    batch: int
    threads: int
    repeats: int


def latency(network: nn.Module, example: Tensor) -> Latency:
    """`example` (1,C,H,W), repeated to a batch of 16; evaluation mode, after one pass to warm up.

    On the device of the images and in float32: a quick measure to compare arms of one study, run under the same load.
    """
    network.eval()
    images = example.expand(BATCH, -1, -1, -1).contiguous()
    seconds = []
    with torch.inference_mode():
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            network(images)
            _finished(images.device)
            seconds.append(time.perf_counter() - start)
    return Latency(1000 * statistics.median(seconds[1:]), BATCH, torch.get_num_threads(), REPEATS)


def _finished(device: torch.device) -> None:
    """Wait for what a graphics card still has to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
