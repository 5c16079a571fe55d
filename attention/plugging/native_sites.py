"""A model's own attention modules, convolutions that a module can replace, and models that cannot be plugged."""

from torch import nn

from user_error import UserError

from .probed_model import Candidate, ProbedModel
from .stage_sites import stage_outputs

NATIVE, CONV = "native", "conv"
NATIVE_CLASSES = {
    "SqueezeExcite",
    "SqueezeExcitation",
    "SEModule",
    "SEWithNorm",
    "EffectiveSEModule",
    "EffectiveSqueezeExcite",
    "EcaModule",
    "CecaModule",
    "CbamModule",
    "LightCbamModule",
    "CoordAttn",
    "SimpleCoordAttn",
    "EfficientLocalAttn",
    "StripAttn",
    "GlobalContext",
    "GatherExcite",
    "NonLocalAttn",
    "BatNonLocalAttn",
    "SpatialAttention",
    "SCSEModule",
}
"""Classes of timm, torchvision and SMP that gate a map and return one of the same shape."""

FUSED_WITHOUT_MARK = {"RepVit", "EfficientVitMsra", "SHViT", "Levit", "LevitDistilled"}
"""Models whose `fuse` merges residual branches or norms and leaves no attribute that tells."""


def native_attention(probed: ProbedModel) -> list[Candidate]:
    """Find the model's own attention modules, without their parts."""
    names = [name for name, module in probed.modules.items() if type(module).__name__ in NATIVE_CLASSES]
    outer = [name for name in names if not any(name.startswith(f"{other}.") for other in names)]
    return probed.candidates(outer, stage_outputs(probed))


def convolutions(probed: ProbedModel) -> list[Candidate]:
    """Find the trunk's 3x3 convolutions of stride 1 that keep the number of channels, which `sk` can replace."""
    names = [
        name
        for name, module in probed.modules.items()
        if isinstance(module, nn.Conv2d)
        and (module.kernel_size, module.stride) == ((3, 3), (1, 1))
        and module.in_channels == module.out_channels
        and name.startswith(probed.trunk_prefix)
    ]
    return probed.candidates(names, stage_outputs(probed))


def strip(model: nn.Module) -> list[str]:
    """Replace the model's own attention modules by identities permanently; return their paths."""
    names = _outermost_native(model)
    for name in names:
        model.set_submodule(name, nn.Identity())
    return names


def _outermost_native(model: nn.Module) -> list[str]:
    """List the paths of attention modules that are not part of another one."""
    names = [name for name, module in model.named_modules() if type(module).__name__ in NATIVE_CLASSES]
    return [name for name in names if not any(name.startswith(f"{other}.") for other in names)]


def reject_fused(model: nn.Module) -> None:
    """Raise UserError for a model whose branches were merged for inference: its sites no longer exist."""
    for name, module in model.named_modules():
        if _is_fused(module):
            raise UserError(
                f"{type(model).__name__}: {name or 'the model'} is fused for inference, which merges the branches that "
                "modules are plugged into; plug the model as it is created, and fuse a copy without plugs"
            )


def reject_patch_dropout(model: nn.Module) -> None:
    """Raise UserError for a model that drops tokens in training: the remaining ones form no map."""
    for name, module in model.named_modules():
        if type(module).__name__ == "PatchDropout" and getattr(module, "prob", 0) > 0:
            raise UserError(
                f"{type(model).__name__}: {name} drops tokens in training, so that the remaining ones form no map; "
                "remove patch_drop_rate from its arguments"
            )


def _is_fused(module: nn.Module) -> bool:
    """Recognize fused modules by timm's attributes, or by missing batch norms in models that always have some."""
    if getattr(module, "reparam_conv", None) is not None or getattr(module, "fused", False) is True:
        return True
    if hasattr(module, "switch_to_deploy") and isinstance(getattr(module, "fusion_conv", None), list):
        return True
    return type(module).__name__ in FUSED_WITHOUT_MARK and not _has_batch_norm(module)


def _has_batch_norm(module: nn.Module) -> bool:
    return any(isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) for part in module.modules())
