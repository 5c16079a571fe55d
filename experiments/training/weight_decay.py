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

MAKER_WORDS = {"pos", "cpb"}
"""Words in the name of a module (`pos_block`, `rel_pos`, `cpb_mlp`: continuous position bias) that makes positions."""
POSITION_WORDS = {
    *("pos", "position", "positional", "positions", "rel", "relative"),
    *("ape", "pe", "posemb", "posembed", "rpb", "rpe", "wpe"),
}
"""Words in the name of a table of positions. The short ones: (absolute, relative, word) position embedding or bias."""
AXIS_WORDS = {"col", "cols", "column", "columns", "height", "row", "rows", "width"}
"""Words which, before one of `TABLE_WORDS`, name a table of positions along one axis: `row_embed`."""
TABLE_WORDS = {"emb", "embed", "embedding", "embeddings", "encoding", "table"}
ATTENTION_WORDS = {"att", "attn", "attention", "selfattn"}
"""After a word of positions: attention over positions, which mixes them (`pos_attn`)."""
MIXING_WORDS = {*ATTENTION_WORDS, "conv", "linear", "mlp"}
"""After the word norm in the name of a class: a layer that mixes and has a norm."""
SHIFT_WORDS = {"bias", "biases", "latent", "token", "tokens"}
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
    if weight.ndim <= 1 or name.endswith("bias") or any(_makes_positions(words) for words in path):
        return True
    if own == ["weight"] and isinstance(owner, nn.Linear | nn.Bilinear | _ConvNd):
        return isinstance(owner, _ConvNd) and _multiplies_each_channel(owner)
    if own == ["weight"] and isinstance(owner, nn.Embedding):
        return bool(path) and (_names_positions(path[-1]) or bool({"bias", "biases"} & set(path[-1])))
    is_named_so = _names_positions(own) or bool((SHIFT_WORDS | SCALE_WORDS) & set(own))
    return _is_norm(owner) or sum(side > 1 for side in weight.shape) <= 1 or is_named_so


def _words(name: str) -> list[str]:
    """Split a name at underscores, digits and capitals: 'rel_pos_h' is rel, pos, h; 'posEmbed1' is pos, embed."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def _makes_positions(words: list[str]) -> bool:
    """Whether a module of this name makes positions, so that all its parameters are of positions."""
    return _has_before(words, {"position", "positional"}, TABLE_WORDS) or (
        bool(MAKER_WORDS & set(words)) and not _has_before(words, MAKER_WORDS, ATTENTION_WORDS)
    )


def _names_positions(words: list[str]) -> bool:
    """Whether a table of this name is one of positions."""
    return _has_before(words, AXIS_WORDS, TABLE_WORDS) or (
        bool(POSITION_WORDS & set(words)) and not _has_before(words, POSITION_WORDS, ATTENTION_WORDS)
    )


def _has_before(words: list[str], first: set[str], second: set[str]) -> bool:
    """Whether a word of the first set stands before one of the second."""
    places = [place for place, word in enumerate(words) if word in first]
    return bool(places) and bool(second & set(words[places[0] + 1 :]))


def _is_norm(owner: nn.Module | None) -> bool:
    """Whether a module is a norm by the name of its class: `LayerNorm2d`, but neither `NormMlp` nor `NormAttention`."""
    words = _words(type(owner).__name__)
    named = [word.endswith("norm") or word == "normalization" for word in words]
    return any(named) and not _has_before(words, {"norm", "layernorm"}, MIXING_WORDS)


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
