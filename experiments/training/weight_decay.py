"""Which parameters an optimizer decays: one rule, by what a parameter does, for every task, backbone and module.

Weights that mix channels or positions (of linear layers and convolutions) are decayed. What scales or shifts channels
or positions is not: decay would pull a norm or a gate toward zero. The rule needs no list of the backbone's: those of
timm are lost when SMP wraps one, and the same network would be decayed otherwise in segmentation.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from user_error import UserError, first_line

POSITION_WORDS = {"pos", "cpb"}
"""Words in the name of a module (`pos_block`, `rel_pos`, `cpb_mlp`: continuous position bias) that makes positions."""
SHIFT_WORDS = {
    "bias",
    "biases",
    "latent",
    "pos",
    "position",
    "positional",
    "rel",
    "relative",
    "token",
    "tokens",
}
SCALE_WORDS = {"alpha", "beta", "gain", "gamma", "scale", "scales", "temperature"}
"""Words in the name of a parameter that no layer holds, which say that it shifts or scales."""


def group_parameters(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the trainable parameters as groups of an optimizer: those without decay, then those with it."""
    plain = undecayed(network)
    trained = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for name, weight in trained if name in plain], "weight_decay": 0.0},
        {"params": [weight for name, weight in trained if name not in plain], "weight_decay": weight_decay},
    ]
    return [group for group in groups if group["params"]]


def undecayed(network: nn.Module) -> set[str]:
    """Return the names of the parameters that are not decayed: by the rule, or because a module declares them."""
    modules = dict(network.named_modules())
    by_rule = {
        name
        for name, weight in network.named_parameters()
        if scales_or_shifts(name, weight, modules.get(name.rpartition(".")[0]))
    }
    return by_rule | set(_declared(network))


def scales_or_shifts(name: str, weight: Tensor, owner: nn.Module | None) -> bool:
    """Whether a parameter scales or shifts channels or positions, instead of mixing them.

    name: its whole name in the network; owner: the module that holds it. Those are: biases, vectors and numbers; all
    parameters of a norm; a convolution that multiplies each channel by one number; what positions are made of; and, of
    parameters that no layer holds, a value for each channel with further axes of length 1, such as (C, 1, 1), and what
    is named after positions, tokens, biases or scales.
    """
    *path, own = (_words(part) for part in name.split("."))
    is_of_positions = any(POSITION_WORDS & words for words in path)
    if weight.ndim <= 1 or name.endswith("bias") or is_of_positions or "norm" in type(owner).__name__.lower():
        return True
    if own == {"weight"} and isinstance(owner, nn.Linear | nn.Bilinear | nn.Embedding | _ConvNd):
        return isinstance(owner, _ConvNd) and _multiplies_each_channel(owner)
    return sum(side > 1 for side in weight.shape) <= 1 or bool((SHIFT_WORDS | SCALE_WORDS) & own)


def _words(name: str) -> set[str]:
    """Split a name at underscores, digits and capitals: 'rel_pos_h' is rel, pos, h; 'posEmbed1' is pos, embed."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _multiplies_each_channel(layer: _ConvNd) -> bool:
    is_alone = layer.groups == layer.in_channels == layer.out_channels
    return is_alone and all(side == 1 for side in layer.kernel_size)


def _declared(network: nn.Module) -> Iterator[str]:
    """Yield the parameters that modules name in `no_weight_decay`, as timm's do: names or patterns, within it."""
    for path, module in network.named_modules():
        if (declaration := getattr(module, "no_weight_decay", None)) is None:
            continue
        prefix = f"{path}." if path else ""
        patterns = _read_declaration(declaration, type(module).__name__)
        for name, _ in module.named_parameters():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                yield prefix + name


def _read_declaration(declaration: Any, module: str) -> list[str]:
    """Return the patterns of a declaration: a method without arguments, or a collection. Raises UserError."""
    try:
        patterns = declaration() if callable(declaration) else declaration
        if isinstance(patterns, str):
            raise TypeError("a text")
        return [str(pattern) for pattern in patterns]
    except Exception as error:
        raise UserError(
            f"{module}.no_weight_decay: must be a method that returns a set of the module's parameter names"
            f" ({first_line(error)})"
        ) from error
