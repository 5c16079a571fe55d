"""Recording one forward: which tensor was computed from which, and which module returned it.

The graph records every operation below autograd, so it needs no knowledge of a model's source. It contains only tensors
computed from the example. An in-place operation gives its tensor a new node.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

MIXING_OPERATIONS = ("convolution", "mm", "addmm", "bmm", "baddbmm", "linear")
PASSING_OPERATIONS = (
    "mul",
    "mul_",
    "view",
    "permute",
    "transpose",
    "_unsafe_view",
    "clone",
    "reshape",
    "_reshape_alias",
    "t",
)

SLICING_OPERATIONS = ("slice", "narrow", "split", "split_with_sizes")


@dataclass(frozen=True, eq=False)
class Node:
    """A tensor at one time: its index, operation, parents, shape, and the module call (scope) that computed it."""

    index: int
    operation: str
    parents: tuple["Node", ...]
    shape: tuple[int, ...]
    scope: int


class Call(NamedTuple):
    """One call of a module: its inputs, its outputs by entry, when it ended, its number among the module's calls."""

    name: str
    inputs: tuple[Node, ...]
    outputs: dict[int | None, Node]
    end_time: int
    number: int


class Graph:
    """The operations and module calls of one forward."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.calls: list[Call] = []
        self.scopes: list[tuple[str, tuple[Node, ...]]] = [("", ())]
        self._open: list[int] = [0]
        self._numbers: Counter[str] = Counter()
        self._running: dict[str, list[int]] = {}
        self._nodes_by_id: dict[int, tuple[Tensor, Node]] = {}

    @property
    def running(self) -> str:
        """The path of the innermost module that runs now."""
        return self.scopes[self._open[-1]][0]

    def node(self, tensor: object) -> Node | None:
        """Return the current node of this tensor; None for weights and constants."""
        return self._nodes_by_id[id(tensor)][1] if id(tensor) in self._nodes_by_id else None

    def add(self, tensor: Tensor, operation: str, parents: tuple[Node, ...]) -> Node:
        """Add a node for this tensor, and keep the tensor so that its id is not reused."""
        node = Node(len(self.nodes), operation, parents, tuple(tensor.shape), self._open[-1])
        self.nodes.append(node)
        self._nodes_by_id[id(tensor)] = (tensor, node)
        return node

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run one operation of the dispatcher and record its outputs."""
        parents = tuple(n for leaf in tree_leaves((args, kwargs)) if (n := self.node(leaf)) is not None)
        output = func(*args, **kwargs)
        if parents:
            for leaf in tree_leaves(output):
                if isinstance(leaf, Tensor):
                    self.add(leaf, func.overloadpacket.__name__, parents)
        return output

    def pre_hook(self, name: str) -> Callable[..., None]:
        """Build the forward pre-hook of a module."""
        running = self._running.setdefault(name, [])

        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            inputs = tuple(n for leaf in tree_leaves((args, kwargs)) if (n := self.node(leaf)) is not None)
            self.scopes.append((name, inputs))
            running.append(self._numbers[name])
            self._numbers[name] += 1
            self._open.append(len(self.scopes) - 1)

        return hook

    def post_hook(self, name: str) -> Callable[..., None]:
        """Build the forward hook of a module."""

        def hook(module: nn.Module, args: Any, output: Any) -> None:
            scope = self._open.pop()
            entries: dict[int | None, Any] = {None: output}
            if isinstance(output, list | tuple):
                entries = dict(enumerate(output))
                if entries and isinstance(entries[0], list | tuple):
                    entries = dict(enumerate(output[0]))
            outputs = {entry: n for entry, value in entries.items() if (n := self.node(value)) is not None}
            number = self._running[name].pop()
            self.calls.append(Call(name, self.scopes[scope][1], outputs, len(self.nodes), number))

        return hook


def record_operations(graph: Graph) -> AbstractContextManager[object]:
    """Build a context manager under which every operation below autograd is recorded."""

    def dispatch(mode: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return graph.run(func, args, kwargs or {})

    mode: AbstractContextManager[object] = type(
        "Mode", (TorchDispatchMode,), {"__torch_dispatch__": dispatch}
    )()
    return mode


def ancestors(node: Node, *, floor: int = -1) -> Iterator[Node]:
    """Yield all nodes that this one was computed from, down to the index `floor`, without itself."""
    visited, stack = set[int](), list(node.parents)
    while stack:
        parent = stack.pop()
        if parent.index >= floor and parent.index not in visited:
            visited.add(parent.index)
            yield parent
            stack.extend(parent.parents)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Set evaluation mode without gradients in the body of a `with`; restore every submodule's mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def trace_forward(model: nn.Module, example: Tensor, graph: Graph | None = None) -> Graph:
    """Run one forward of the example and return its graph, a new one or the one given."""
    graph, handles = graph or Graph(), []
    for name, module in model.named_modules():
        handles.append(module.register_forward_pre_hook(graph.pre_hook(name), with_kwargs=True, prepend=True))
        handles.append(module.register_forward_hook(graph.post_hook(name)))
    image = example.detach().clone()
    graph.add(image, "input", ())
    try:
        with evaluation_mode(model), record_operations(graph):
            model(image)
    finally:
        for handle in handles:
            handle.remove()
    return graph
