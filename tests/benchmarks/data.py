"""Images a second into a training step: our cache and whole-batch augmentation against torchvision with two workers.

    ABLATION_REAL_DATA=FOLDER python -m tests.benchmarks.data [--rounds 5] [--write docs/data_speed.md]

FOLDER holds `cifar10-jpeg` (an ImageFolder) and `camvid` (images and masks). The same augmentation both ways: flip
and a random shift. A round reads an epoch each way, in random order; the training step takes the batch's mean. Exits 1
when a bound fails: 8 times ImageFolder, 4 times the mask folder, one copy of the data in memory for all workers.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from datasets import catalog
from datasets.augmentation.pipeline import Augmentation, epoch_order
from datasets.streaming import iterate_batches
from experiments.reproducibility.determinism import prepare_process
from tests.benchmarks.modules import machine

BATCH = 64
WORKERS = 2
BOUNDS = {"cifar10-jpeg": 8.0, "camvid": 4.0}
MEMORY = 1.1
"""Copies of the data that all workers together may hold."""
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
Epoch = Callable[[int], Iterator[tuple[Tensor, Tensor]]]


class Case(NamedTuple):
    """One data set read both ways, an epoch at a time."""

    name: str
    examples: int
    ours: Epoch
    theirs: Epoch


class Masks(Dataset[tuple[Tensor, Tensor]]):
    """A mask folder as most people write it."""

    def __init__(self, folder: Path, augmentation: Callable[..., Any]) -> None:
        self.images, self.masks = (sorted((folder / part).iterdir()) for part in ("images", "masks"))
        self.augmentation = augmentation

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        from torchvision import tv_tensors

        with Image.open(self.images[index]) as image, Image.open(self.masks[index]) as mask:
            both = self.augmentation(image.convert("RGB"), tv_tensors.Mask(mask))
        return both[0].as_subclass(torch.Tensor), both[1].as_subclass(torch.Tensor)


def pipeline(shift: int, size: tuple[int, int]) -> v2.Compose:
    """torchvision's way to the same augmentation, on PIL images as far as it goes."""
    from torchvision import tv_tensors

    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomCrop(size, padding=shift, padding_mode="reflect"),
            v2.ToImage(),
            v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )


def ours(splits: catalog.Splits, shift: int) -> Epoch:
    augmentation = Augmentation(shift=shift, flip=True, mean=MEAN, std=STD)
    train, count = splits.train, len(splits.train.images)

    def epoch(number: int) -> Iterator[tuple[Tensor, Tensor]]:
        drawn = augmentation.draw(count, seed=0, epoch=number)
        chosen = torch.split(epoch_order(count, seed=0, epoch=number), BATCH)
        for index, images, targets in iterate_batches(train.images, train.targets, chosen):
            yield augmentation.apply(images, targets, drawn[index])

    return epoch


def theirs(data: Dataset[Any]) -> Epoch:
    loader = DataLoader(data, batch_size=BATCH, shuffle=True, num_workers=WORKERS, persistent_workers=True)
    return lambda number: iter(loader)


def cases(root: Path, cache: Path) -> Iterator[Case]:
    """Both real sets."""
    cifar = catalog.load("image_folder", "classification", {"root": str(root / "cifar10-jpeg")}, cache=cache)
    folder = ImageFolder(str(root / "cifar10-jpeg" / "train"), pipeline(4, (32, 32)))
    yield Case("cifar10-jpeg", len(folder), ours(cifar, 4), theirs(folder))
    options: dict[str, str | int] = {"root": str(root / "camvid"), "ignore": 11}
    camvid = catalog.load("mask_folder", "segmentation", options, cache=cache)
    masks = Masks(root / "camvid" / "train", pipeline(8, (180, 240)))
    yield Case("camvid", len(masks), ours(camvid, 8), theirs(masks))


def rate(epoch: Epoch, number: int, count: int) -> float:
    """Images a second of one epoch."""
    start = time.perf_counter()
    seen = 0
    for images, targets in epoch(number):
        images.mean()
        seen += len(targets)
    assert seen == count
    return count / (time.perf_counter() - start)


def measured(case: Case, rounds: int) -> tuple[float, float, float]:
    """Median rates of both, and the median of the rounds' ratios, after a round to warm up."""
    found = []
    for number in range(rounds + 1):
        both = {}
        for name in random.Random(number).sample(["ours", "theirs"], 2):
            both[name] = rate(getattr(case, name), number, case.examples)
        found.append((both["ours"], both["theirs"]))
    mine, other = (statistics.median(column) for column in zip(*found[1:], strict=True))
    return mine, other, statistics.median(a / b for a, b in found[1:])


def _resident(root: str, cache: str, ready: Any, go: Any, answer: Any) -> None:
    """A worker: read every byte of the training images, then say how much of them is its share of the memory."""
    splits = catalog.load("image_folder", "classification", {"root": root}, cache=Path(cache))
    rows = splits.train.images
    assert isinstance(rows, Tensor)
    rows.max()
    ready.put(True)
    go.wait()
    answer.put((_share(), rows.numel()))
    ready.put(True)
    go.wait()
    time.sleep(1)


def _share() -> int:
    """Bytes of cached arrays in this process's share of the memory: a page of two processes counts half in each."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            inside = "train_images.npy" in line
        elif inside and line.startswith("Pss:"):
            total += int(line.split()[1]) * 1024
    return total


def memory(root: Path, cache: Path) -> tuple[float, float]:
    """MB of the training images, and MB that two workers together hold of them."""
    context = get_context("spawn")
    ready, go, answer = context.Queue(), context.Event(), context.Queue()
    given = (str(root / "cifar10-jpeg"), str(cache), ready, go, answer)
    workers = [context.Process(target=_resident, args=given) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.get()
    go.set()
    found = [answer.get() for _ in workers]
    for worker in workers:
        worker.join()
    return found[0][1] / 1e6, sum(share for share, _ in found) / 1e6


def main() -> int:
    """Measure, print, and say which bounds fail."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, help="a Markdown file for the table")
    options = parser.parse_args()
    if "ABLATION_REAL_DATA" not in os.environ:
        print("ABLATION_REAL_DATA is not set: it names the folder of cifar10-jpeg and camvid")
        return 2
    root = Path(os.environ["ABLATION_REAL_DATA"])
    prepare_process()  # as every worker that trains does; the other side gains as well
    lines = [f"{machine()} A DataLoader has {WORKERS} workers, batches of {BATCH}.", ""]
    lines += ["| data | ours, images/s | torchvision, images/s | ratio | bound |", "|---|--:|--:|--:|--:|"]
    broken = []
    with tempfile.TemporaryDirectory() as cache:
        for case in cases(root, Path(cache)):
            mine, other, ratio = measured(case, options.rounds)
            lines.append(
                f"| {case.name} | {mine:,.0f} | {other:,.0f} | {ratio:.1f} | {BOUNDS[case.name]:g} |"
            )
            broken += [f"{case.name}: {ratio:.1f} times"] if ratio < BOUNDS[case.name] else []
        data, held = memory(root, Path(cache))
    lines += [
        "",
        f"Memory: {data:.1f} MB of training images, {held:.1f} MB of them in {WORKERS} workers together.",
    ]
    broken += [f"memory: {held / data:.2f} copies"] if held > MEMORY * data else []
    print(*lines, *(f"bound missed: {text}" for text in broken), sep="\n")
    if options.write:
        options.write.write_text("\n".join(["# Speed of the data", "", *lines]) + "\n", encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
