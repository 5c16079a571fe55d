"""Imports for the fork server: made once (about 10 s), they let each worker start in about 40 ms."""

from .engines.preload_failure import noting_failure

with noting_failure():
    import segmentation_models_pytorch
    import timm
    import torch

    from ..reproducibility import code_hash, provenance
    from . import jobs

    # Every run records these; they are cached, so workers inherit them.
    code_hash.code_digest("none")
    provenance.provenance()
    provenance.distributions()

__all__ = ["jobs", "segmentation_models_pytorch", "timm", "torch"]
