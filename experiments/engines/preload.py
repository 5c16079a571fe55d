"""What the fork server imports once (about 10 s), so that each run's process starts in about 40 ms."""

import segmentation_models_pytorch
import timm
import torch

from .. import work
from .dying import die_with_parent

die_with_parent()

__all__ = ["segmentation_models_pytorch", "timm", "torch", "work"]
