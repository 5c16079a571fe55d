"""Synthetic images of the size of CIFAR's, as a split of a data set."""

from typing import NamedTuple

import torch
from torch import Tensor


class Images(NamedTuple):
    """A split: images uint8 (N, 3, 32, 32), targets int64 (N,), and the names of the classes."""

    images: Tensor
    targets: Tensor
    classes: tuple[str, ...]

    def first(self, count: int) -> "Images":
        """Return the first examples only."""
        return Images(self.images[:count], self.targets[:count], self.classes)


def synthetic_images(count: int, classes: int) -> Images:
    """Draw random pixels and labels, the same ones every time."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)
    targets = torch.randint(classes, (count,), generator=generator)
    return Images(images, targets, tuple(str(number) for number in range(classes)))
