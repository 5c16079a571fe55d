"""Sending places' outputs through attention modules, by forward hooks, and taking the modules out again.

The parameters live on the model's root, in `model.plugs`, so that every name of the backbone stays and no
container runs a plug as one of its own children. Hooks are partials of functions of this module: a plugged
model can be copied, pickled and compiled. A module that gives way (sites `conv` and `native`) is an identity
while the model is plugged.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn

from .layouts import Layout, from_map, to_map
from .sites import Site

VACATED = "_vacated"


class Plugs(nn.ModuleDict):
    """The plugged modules by place; a root that runs all of its children, as timm's feature lists do, passes by."""

    def forward(self, x: Any) -> Any:
        return x


class Turn:
    """Which call of a module comes next in this forward."""

    def __init__(self, calls: int) -> None:
        self.calls, self.next = calls, 0

    def take(self) -> int:
        """This call's number; the next call has the next one."""
        turn = self.next % self.calls
        self.next = turn + 1
        return turn


Entries = dict[int | None, tuple[nn.Module, Layout]]
"""What a module's output goes through, by its entry (None: all of it)."""


def plug(model: nn.Module, places: Sequence[Site], make: Callable[[Site], nn.Module]) -> list[str]:
    """Send each place's output through make(place); return the places' names.

    The modules become `model.plugs`, keyed by place with "/" for ".". A skip whose module's forward takes a
    second argument is given the next deeper entry there. Raises ValueError without places, for a model that is
    plugged already, and for a place that the module does not fit, which it names.
    """
    if not places:
        raise ValueError("nothing to plug: no places given; sites(model, where, example=...) lists them")
    if hasattr(model, "plugs"):
        raise ValueError("this model is plugged already: unplug it first")
    modules = {_key(site): _made(make, site) for site in places}
    if len(modules) < len(places):
        raise ValueError("nothing plugged: a place is given twice")
    model.plugs = Plugs(modules).train(model.training)
    _vacate(model, [site.path for site in places if site.vacates])
    for path in dict.fromkeys(site.path for site in places):
        _attach(model, path, [(site, modules[_key(site)]) for site in places if site.path == path])
    return [site.name for site in places]


def unplug(model: nn.Module) -> None:
    """Take all plugs out; the model is as before. ValueError where there are none."""
    if not hasattr(model, "plugs"):
        raise ValueError("this model is not plugged")
    del model.plugs
    for module in model.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for key in [k for k, hook in hooks.items() if isinstance(hook, partial) and hook.func in HOOKS]:
                del hooks[key]
    for path, module in model.__dict__.pop(VACATED, {}).items():
        model.set_submodule(path, module)


def _key(site: Site) -> str:
    return site.name.replace(".", "/")


def _made(make: Callable[[Site], nn.Module], site: Site) -> nn.Module:
    try:
        return make(site)
    except ValueError as error:
        raise ValueError(f"site {site.name} ({site.channels} channels): {error}") from None


def _vacate(model: nn.Module, paths: list[str]) -> None:
    """Kept beside the modules, so that what is out of use has no parameters in the model."""
    if paths:
        model.__dict__[VACATED] = {path: model.get_submodule(path) for path in paths}
    for path in paths:
        model.set_submodule(path, nn.Identity())


def _attach(model: nn.Module, path: str, plugged: list[tuple[Site, nn.Module]]) -> None:
    """One hook a module, first among its hooks, so that timm's own feature hooks see the plugged map."""
    module, site = _last(model.get_submodule(path)), plugged[0][0]
    if site.call is None:
        entries: Entries = {one.entry: (gate, one.view) for one, gate in plugged}
        contexts = tuple(one.entry for one, gate in plugged if one.entry is not None and takes_two(gate))
        module.register_forward_hook(partial(_through, entries, contexts), prepend=True)
        return
    turn, calls = Turn(site.calls), dict[int, Entries]()
    for one, gate in plugged:
        calls.setdefault(one.call or 0, {})[one.entry] = (gate, one.view)
    model.register_forward_pre_hook(partial(_restart, turn))
    module.register_forward_hook(partial(_through_turn, turn, calls), prepend=True)


def takes_two(module: nn.Module) -> bool:
    """Its forward takes a second map."""
    return len(inspect.signature(type(module).forward).parameters) > 2


def _last(module: nn.Module) -> nn.Module:
    """Of a stock Sequential its last module: gradient checkpointing calls those one by one."""
    while type(module) is nn.Sequential and len(module):
        module = module[-1]
    return module


def _restart(turn: Turn, module: nn.Module, args: object) -> None:
    turn.next = 0


def _through_turn(turn: Turn, calls: dict[int, Entries], module: nn.Module, args: object, output: Any) -> Any:
    entries = calls.get(turn.take())
    return output if entries is None else _through(entries, (), module, args, output)


def _through(
    entries: Entries, contexts: tuple[int, ...], module: nn.Module, args: object, output: Any
) -> Any:
    if None in entries:
        return _gated(entries[None], output)
    if isinstance(output[0], list | tuple):
        return (_each(entries, contexts, output[0]), *output[1:])
    return _each(entries, contexts, output)


def _each(entries: Entries, contexts: tuple[int, ...], output: Sequence[Tensor]) -> Sequence[Tensor]:
    """The outputs with some of them gated; contexts are seen as the module returned them."""
    found = [
        (_gated(entries[at], value, output[at + 1] if at in contexts else None) if at in entries else value)
        for at, value in enumerate(output)
    ]
    return tuple(found) if isinstance(output, tuple) else found


def _gated(plugged: tuple[nn.Module, Layout], output: Tensor, context: Tensor | None = None) -> Tensor:
    gate, layout = plugged
    map_BCHW = to_map(output, layout)
    gated_BCHW = gate(map_BCHW) if context is None else gate(map_BCHW, context)
    return from_map(gated_BCHW, output, layout)


HOOKS = (_through, _through_turn, _restart)
