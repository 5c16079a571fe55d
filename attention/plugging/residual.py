"""Which additions close a residual block, and which module hands them the branch.

An addition of two equal maps closes a block when one operand comes from the other, or both from the input of
the module in which it happens. The branch is the operand that came the longer way, and that way must mix
places or channels (a convolution or matrix product): rotary embeddings and response norms do not. The site is
the last module that returned the branch's very tensor, is called once, and whose output goes nowhere else.
"""

from collections import Counter
from typing import NamedTuple

from .probe import MIXING, PASSING, Call, Graph, Node, ancestors


class Branch(NamedTuple):
    """A residual branch: the path of the module that returns it, its tensor, the moment of the addition."""

    name: str
    node: Node
    moment: int


def branches(graph: Graph) -> list[Branch]:
    """The residual branches of one recorded forward, in order."""
    called = Counter(call.name for call in graph.calls)
    children = Counter(parent for node in graph.nodes for parent in set(node.parents))
    returned = _returned(graph)
    found: list[Branch] = []
    for node in graph.nodes:
        branch = _branch(graph, node)
        site = branch and _site(branch, returned, called, children)
        if branch and site and all(site != other.name for other in found):
            found.append(Branch(site, branch, node.index))
    return found


def _returned(graph: Graph) -> dict[Node, list[Call]]:
    """For each tensor the calls that returned it, in order."""
    returned: dict[Node, list[Call]] = {}
    for call in graph.calls:
        if None in call.outputs:
            returned.setdefault(call.outputs[None], []).append(call)
    return returned


def _branch(graph: Graph, node: Node) -> Node | None:
    """The branch operand, if this node is an addition that closes a residual block."""
    if node.operation not in ("add", "add_") or len(node.parents) != 2 or len(node.shape) != 4:
        return None
    left, right = node.parents
    if left is right or left.shape != right.shape:
        return None
    for branch, shortcut in ((left, right), (right, left)):
        if _descends(branch, shortcut):
            return branch if _mixes(branch, (shortcut,)) else None
    sources = graph.scopes[node.scope][1]
    depths = [_depth(operand, sources) for operand in (left, right)]
    if None in depths or depths[0] == depths[1]:
        return None
    branch = left if (depths[0] or 0) > (depths[1] or 0) else right
    return branch if _mixes(branch, sources) else None


def _descends(node: Node, origin: Node) -> bool:
    return node.index > origin.index and origin in ancestors(node, floor=origin.index)


def _way(node: Node, sources: tuple[Node, ...]) -> list[Node]:
    """The nodes between the sources and this one, itself included, in order."""
    reached = set(sources)
    floor = min((source.index for source in sources), default=0)
    for step in sorted({node, *ancestors(node, floor=floor)}, key=lambda n: n.index):
        if not reached.isdisjoint(step.parents):
            reached.add(step)
    return sorted(reached - set(sources), key=lambda n: n.index)


def _mixes(node: Node, sources: tuple[Node, ...]) -> bool:
    return any(step.operation in MIXING for step in _way(node, sources))


def _depth(node: Node, sources: tuple[Node, ...]) -> int | None:
    """The longest way from the sources, in operations; None where there is no way."""
    depths = dict.fromkeys(sources, 0)
    for step in _way(node, sources):
        depths[step] = max(depths[parent] for parent in step.parents if parent in depths) + 1
    return depths.get(node)


def _site(
    node: Node, returned: dict[Node, list[Call]], called: Counter[str], uses: Counter[Node]
) -> str | None:
    """The last module that returned this tensor, walking back through scalings and views."""
    while uses[node] <= 1:
        for call in reversed(returned.get(node, [])):
            if called[call.name] == 1:
                return call.name
        if node.operation not in PASSING or len(node.parents) != 1:
            return None
        node = node.parents[0]
    return None
