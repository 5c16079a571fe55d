"""Measurements on a trained network: latency, gates, and how much the metric relies on the gates."""

import hashlib
import statistics
import time
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ..reproducibility.incomplete_records import leaving_out
from .gate_statistics import GateReading, fix_gates_at_mean, read_gates
from .metrics import defined
from .trainer import ExampleSplit, Training

LATENCY_BATCH, LATENCY_REPEATS = 16, 5


class Latency(NamedTuple):
    """Median milliseconds of one forward pass of `batch` images on `threads` threads, over `repeats` passes."""

    milliseconds: float
    batch: int
    threads: int
    repeats: int


def measure_latency(network: nn.Module, example: Tensor) -> Latency:
    """Measure the forward pass on `example` (1,C,H,W), repeated to a batch of 16, after one pass to warm up.

    In evaluation mode, in float32, on the device of the example. A quick measure to compare the arms of one study
    under the same load.
    """
    network.eval()
    images = example.expand(LATENCY_BATCH, -1, -1, -1).contiguous()
    seconds = []
    with torch.inference_mode():
        for _ in range(LATENCY_REPEATS + 1):
            start = time.perf_counter()
            network(images)
            _synchronize(images.device)
            seconds.append(time.perf_counter() - start)
    return Latency(
        1000 * statistics.median(seconds[1:]), LATENCY_BATCH, torch.get_num_threads(), LATENCY_REPEATS
    )


def _synchronize(device: torch.device) -> None:
    """Wait until a GPU has done its queued work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


PROBED_IMAGES, SAVED_IMAGES = 64, 8
"""Test images whose gates are measured, and how many of them are saved for figures."""
MAX_SIDE = 96
"""Largest side of a saved image, in pixels."""

Arrays = dict[str, NDArray[Any]]


def probe_network(
    training: Training, test: ExampleSplit, *, content: str, score: float | None
) -> tuple[dict[str, Any], Arrays]:
    """Measure latency and gates of the evaluated network; return numbers for the result and arrays for `probes.npz`.

    What cannot be measured is left out, with a warning.
    content: hash of the data. Images are chosen by a hash of content and index: the same for every arm and seed.
    score: the primary metric on the test split, a fraction; None if it is not defined.
    """
    network = training.evaluated
    chosen = torch.tensor(_choose_images(len(test.images), content))
    images = test.images[chosen]
    logits: list[Tensor] = []
    readings = read_gates(network, lambda: logits.append(training.predict(network, images)))
    numbers = {
        **_latency(network, training.augmentation.normalize(images[:1].to(training.device))),
        "reliance": _reliance(training, test, readings, score),
        "gates": {
            name: {key: value if value is None else defined(value) for key, value in r.statistics.items()}
            for name, r in readings.items()
            if r.statistics is not None
        },
        "constant_gates": [name for name, reading in readings.items() if reading.constant],
    }
    return numbers, _arrays(chosen, images, test.targets[chosen], logits[0].argmax(1), readings)


def _latency(network: nn.Module, example: Tensor) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with leaving_out("the latency"):
        milliseconds, *counts = measure_latency(network, example)
        found["latency_ms"] = milliseconds
        found["latency"] = dict(zip(Latency._fields[1:], counts, strict=True))
    return found


def _reliance(
    training: Training, test: ExampleSplit, readings: dict[str, GateReading], score: float | None
) -> float | None:
    """Return the points that the network loses with every gate at its mean; None without gates or a score."""
    without = None
    if readings and score is not None:
        with leaving_out("the reliance on the gates"), fix_gates_at_mean(training.evaluated, readings):
            without = training.evaluate(training.evaluated, test).metrics[training.objective.primary]
    return None if score is None or without is None else 100 * (score - without)


def _choose_images(count: int, content: str) -> list[int]:
    """Choose the indices of the probed images, in the order of their hashes."""
    order = sorted(range(count), key=lambda index: hashlib.sha256(f"{content}:{index}".encode()).digest())
    return order[:PROBED_IMAGES]


def _arrays(
    chosen: Tensor, images: Tensor, truth: Tensor, prediction: Tensor, readings: dict[str, GateReading]
) -> Arrays:
    """Collect the saved images (k,3,h,w) uint8, their truth and prediction, and each gate's map (k,h,w) float16."""
    pictures = _downscale(images[:SAVED_IMAGES].float(), "area").round().clamp(0, 255).to(torch.uint8)
    arrays = {
        "index": chosen[:SAVED_IMAGES],
        "image": pictures if pictures.shape[1] == 3 else pictures[:, :1].expand(-1, 3, -1, -1),
        "truth": _downscale_labels(truth[:SAVED_IMAGES].cpu()),
        "prediction": _downscale_labels(prediction[:SAVED_IMAGES].cpu()),
    }
    arrays |= {
        f"map:{name}": reading.map[:SAVED_IMAGES].cpu()
        for name, reading in readings.items()
        if reading.map is not None
    }
    return {name: array.contiguous().numpy() for name, array in arrays.items()}


def _downscale(images_BCHW: Tensor, mode: str) -> Tensor:
    """Resize images (B,C,H,W) so that no side is longer than MAX_SIDE."""
    longest = max(images_BCHW.shape[2:])
    if longest <= MAX_SIDE:
        return images_BCHW
    size = [max(1, round(side * MAX_SIDE / longest)) for side in images_BCHW.shape[2:]]
    return F.interpolate(images_BCHW, size=size, mode=mode)


def _downscale_labels(labels: Tensor) -> Tensor:
    """Return class labels (k,) as int64, or masks (k,H,W) downscaled, as uint8."""
    if labels.dim() == 1:
        return labels.long()
    return _downscale(labels.unsqueeze(1).float(), "nearest").squeeze(1).to(torch.uint8)
