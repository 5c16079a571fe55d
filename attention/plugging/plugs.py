"""Sending places' outputs through attention modules, by forward hooks, and taking the modules out again.

The parameters live on the model's root, in `model.plugs`, so that every name of the backbone stays and no
container runs a plug as one of its own children. A module that gives way (sites `conv` and `native`) is an identity
while the model is plugged.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import nn

from user_error import UserError

from .hooks import HOOKS, Entries, Kept, Source, Turn, Way, keep, restart, through, through_turn
from .probed_model import parts
from .sites import Site

VACATED = "_vacated"


class Plugs(nn.ModuleDict):
    """The plugged modules by place; a root that runs all of its children, as timm's feature lists do, passes by."""

    def forward(self, x: Any) -> Any:
        return x


def plug(model: nn.Module, places: Sequence[Site], make: Callable[[Site], nn.Module]) -> list[str]:
    """Send each place's output through make(place); return the places' names.

    The modules become `model.plugs`, keyed by place with "/" for ".". One whose forward needs a second argument is
    given the map at the place's `second` there: as returned where the same module returns both, else as plugged.
    Raises UserError without places, for a model that is plugged already, and for a place that the model does not
    have or the module does not fit, which it names. A second map from another module is the last forward's: with
    gradient checkpointing let no other forward come between a forward and its backward.
    """
    if not places:
        raise UserError("nothing to plug: no places given; sites(model, where, example=...) lists them")
    if hasattr(model, "plugs"):
        raise UserError("this model is plugged already: unplug it first")
    known = dict(model.named_modules())
    for path in (site.path for site in places if site.path not in known):
        raise UserError(f"{type(model).__name__} has no module {path}: these are another model's places")
    modules = {_key(site): _made(make, site) for site in places}
    if len(modules) < len(places):
        raise UserError("nothing plugged: a place is given twice")
    seconds = {site.name: _second(site, modules[_key(site)]) for site in places}
    model.plugs = Plugs(modules).train(model.training)
    _vacate(model, [site.path for site in places if site.vacates])
    for path in dict.fromkeys(site.path for site in places):
        _attach(
            model,
            path,
            [
                (site, Way(modules[_key(site)], site.view, seconds[site.name]))
                for site in places
                if site.path == path
            ],
        )
    for site in places:
        _keep_second(model, site, seconds[site.name])
    return [site.name for site in places]


def unplug(model: nn.Module) -> None:
    """Take all plugs out; the model is as before. UserError where there are none."""
    if not hasattr(model, "plugs"):
        raise UserError("this model is not plugged")
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
    except UserError as error:
        raise error.at(f"site {site.name} ({site.channels} channels)") from error


def _vacate(model: nn.Module, paths: list[str]) -> None:
    """Kept beside the modules, so that what is out of use has no parameters in the model."""
    if paths:
        model.__dict__[VACATED] = {path: model.get_submodule(path) for path in paths}
    for path in paths:
        model.set_submodule(path, nn.Identity())


def _second(site: Site, module: nn.Module) -> Source | None:
    """Where the module's second map comes from, if it needs one."""
    if not takes_two(module):
        return None
    if site.second is None:
        raise UserError(f"site {site.name}: {type(module).__name__} takes two maps, and there is one")
    path, _, entry = parts(site.second.name)
    return Source(entry, site.second.layout, None if path == site.path else Kept())


def _keep_second(model: nn.Module, site: Site, source: Source | None) -> None:
    """Behind the plug's hook there, if it has one."""
    if site.second is not None and source is not None and source.kept is not None:
        module = _last(model.get_submodule(parts(site.second.name)[0]))
        module.register_forward_hook(partial(keep, source.kept))


def tap(model: nn.Module, site: Site) -> Source:
    """Where the place's map, as plugged, is found after each forward from now on; stays when plugs are taken out."""
    kept = Kept()
    _last(model.get_submodule(site.path)).register_forward_hook(kept.take)
    return Source(site.entry, site.view, kept)


def _attach(model: nn.Module, path: str, plugged: list[tuple[Site, Way]]) -> None:
    """One hook a module, first among its hooks, so that timm's own feature hooks see the plugged map."""
    module, site = _last(model.get_submodule(path)), plugged[0][0]
    if site.call is None:
        entries: Entries = {one.entry: way for one, way in plugged}
        module.register_forward_hook(partial(through, entries), prepend=True)
        return
    turn, calls = Turn(site.calls), dict[int, Entries]()
    for one, way in plugged:
        calls.setdefault(one.call or 0, {})[one.entry] = way
    model.register_forward_pre_hook(partial(restart, turn))
    module.register_forward_hook(partial(through_turn, turn, calls), prepend=True)


def takes_two(module: nn.Module) -> bool:
    """Its forward needs a second map."""
    wanted = list(inspect.signature(type(module).forward).parameters.values())[1:]
    return sum(one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD for one in wanted) > 1


def _last(module: nn.Module) -> nn.Module:
    """Of a stock Sequential its last module: gradient checkpointing calls those one by one."""
    while type(module) is nn.Sequential and len(module):
        module = module[-1]
    return module
