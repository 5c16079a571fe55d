"""The attention layers of a model, and which of them have nothing to choose between.

A softmax over one value is 1, whatever the value: the queries, keys and position tables behind it have no effect, and
their gradients are exactly zero. This happens where windows or maps shrink to one position on small images. Attention
between channels (XCA) is alike where its vectors, normalized over the positions, have one entry: only the sign is left.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn

from .trace import Graph, trace_forward

SOFTMAX = ("_softmax", "_safe_softmax")
FUSED_ATTENTION = "_scaled_dot_product"
ENCODER_LAYERS = {"_native_multi_head_attention": 1, "_transformer_encoder_layer_fwd": 0}
"""Operations of torch's own attention modules -> which argument is the keys, (B, N, C)."""
NORM = "linalg_vector_norm"


class AttentionLayer(NamedTuple):
    """A layer that takes a softmax: the module's path, and whether it weighs a single position."""

    name: str
    inert: bool


def attention_layers(model: nn.Module, example: Tensor) -> list[AttentionLayer]:
    """List the attention layers that one forward of `example` (B,C,H,W) passes through, in order.

    The answer depends on shapes only, so model and example may be on the meta device.
    """
    graph = _Weighings()
    trace_forward(model, example, graph)
    modules, counts = dict(model.named_modules()), dict[str, list[int]]()
    for name, count in graph.weighed:
        counts.setdefault(_with_parameters(modules, name), []).append(count)
    normed = {_with_parameters(modules, name) for name in graph.normed_single}
    return [AttentionLayer(name, max(found) == 1 or name in normed) for name, found in counts.items()]


class _Weighings(Graph):
    """Notes, in place of all operations, how many values each softmax weighs, and vectors of one entry made unit."""

    def __init__(self) -> None:
        super().__init__()
        self.weighed: list[tuple[str, int]] = []
        self.normed_single: list[str] = []

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        operation = func.overloadpacket.__name__
        count = _weighed_count(operation, args)
        if count:
            self.weighed.append((self.running, count))
        if operation == NORM and _normed_count(args) == 1:
            self.normed_single.append(self.running)
        return func(*args, **kwargs)


def _weighed_count(operation: str, args: tuple[Any, ...]) -> int:
    """Return how many values an operation's softmax weighs; 0 if it takes none."""
    if operation in SOFTMAX:
        values: Tensor = args[0]
        return values.shape[args[1]] if values.dim() else 1
    if operation.startswith(FUSED_ATTENTION) and "backward" not in operation:
        return int(args[1].shape[-2])
    return int(args[ENCODER_LAYERS[operation]].shape[1]) if operation in ENCODER_LAYERS else 0


def _normed_count(args: tuple[Any, ...]) -> int:
    """Return how many entries a vector norm runs over, in one dimension; 0 for other norms."""
    dims = args[2] if len(args) > 2 else None
    return int(args[0].shape[dims[0]]) if isinstance(dims, list | tuple) and len(dims) == 1 else 0


def _with_parameters(modules: dict[str, nn.Module], name: str) -> str:
    """Return the innermost module at or above `name` that has parameters: a softmax or dropout has none."""
    while name and next(modules[name].parameters(), None) is None:
        name = name.rpartition(".")[0]
    return name
