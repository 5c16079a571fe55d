"""What the fork server imports once (about 10 s), so that each run's process starts in about 40 ms."""

import segmentation_models_pytorch
import timm
import torch

from ..reproducibility import code_hash, provenance
from . import jobs as work

code_hash.code_digest("none")  # every run records these
provenance.provenance()
provenance.distributions()

__all__ = ["segmentation_models_pytorch", "timm", "torch", "work"]
