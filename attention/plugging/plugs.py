"""Plugging attention modules into a model by forward hooks, and removing them.

The parameters live on the model's root, in `model.plugs`, so that the backbone's parameter names stay unchanged and no
container runs a plug as one of its own children. A module that a plug replaces (sites `conv` and `native`) is an
identity while the model is plugged.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import nn

from user_error import UserError

from ..own_code import required_arguments
from .hooks import (
    HOOKS,
    CallCounter,
    LastOutput,
    MapSource,
    Route,
    Routes,
    apply_plugs,
    apply_plugs_of_call,
    reset_counter,
    store_output,
)
from .probed_model import parse_output_name
from .sites import Site

REPLACED = "_replaced_modules"
"""The attribute of a plugged model that stores the modules which plugs stand in for."""


class Plugs(nn.ModuleDict):
    """The plugs by site; its forward is an identity for models that run all of their children in turn."""

    def forward(self, x: Any) -> Any:
        return x


def plug(model: nn.Module, sites: Sequence[Site], make: Callable[[Site], nn.Module]) -> list[str]:
    """Send the output of each site through the module make(site); return the names of the sites.

    The modules become `model.plugs`, keyed by the site's name with "/" for ".". A module whose forward takes a second
    map receives the map at `site.second`: the raw output if one module returns both maps, otherwise the output after
    that site's own plug. It belongs to the last forward: with gradient checkpointing run no other forward between a
    forward and its backward.

    Raises UserError if there are no sites, if the model is plugged already, if a site appears twice or belongs to
    another model, and, naming the site, if a module cannot be built there.
    """
    if not sites:
        raise UserError("nothing to plug: no sites given; sites(model, where, example=...) lists them")
    if hasattr(model, "plugs"):
        raise UserError("this model is plugged already: call unplug first")
    paths = dict(model.named_modules())
    for path in (site.path for site in sites if site.path not in paths):
        raise UserError(f"{type(model).__name__} has no module {path}: the sites belong to another model")
    modules = {_key(site): _build(make, site) for site in sites}
    if len(modules) < len(sites):
        raise UserError("nothing plugged: a site appears twice")
    routes = {site: _route(site, modules[_key(site)]) for site in sites}
    model.plugs = Plugs(modules).train(model.training)
    _replace_modules(model, [site.path for site in sites if site.replaces_module])
    for path in dict.fromkeys(site.path for site in sites):
        _attach(model, path, {site: route for site, route in routes.items() if site.path == path})
    for site, route in routes.items():
        _store_second(model, site, route.second)
    return [site.name for site in sites]


def unplug(model: nn.Module) -> None:
    """Remove all plugs and restore the model. Raises UserError if there are none."""
    if not hasattr(model, "plugs"):
        raise UserError("this model is not plugged")
    del model.plugs
    for module in model.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for key in [k for k, hook in hooks.items() if isinstance(hook, partial) and hook.func in HOOKS]:
                del hooks[key]
    for path, module in model.__dict__.pop(REPLACED, {}).items():
        model.set_submodule(path, module)


def _key(site: Site) -> str:
    return site.name.replace(".", "/")


def _build(make: Callable[[Site], nn.Module], site: Site) -> nn.Module:
    try:
        return make(site)
    except UserError as error:
        raise error.at(f"site {site.name} ({site.channels} channels)") from error


def _replace_modules(model: nn.Module, paths: list[str]) -> None:
    """Replace modules by identities; store them outside the module tree, where they have no parameters in the model."""
    if paths:
        model.__dict__[REPLACED] = {path: model.get_submodule(path) for path in paths}
    for path in paths:
        model.set_submodule(path, nn.Identity())


def _route(site: Site, module: nn.Module) -> Route:
    return Route(module, site.view, _second_source(site, module))


def _second_source(site: Site, module: nn.Module) -> MapSource | None:
    """Find where the module reads its second map, if it takes one."""
    if not needs_second_map(module):
        return None
    if site.second is None:
        raise UserError(f"site {site.name}: {type(module).__name__} takes two maps, but this site has one")
    path, _, entry = parse_output_name(site.second.name)
    return MapSource(entry, site.second.layout, None if path == site.path else LastOutput())


def _store_second(model: nn.Module, site: Site, source: MapSource | None) -> None:
    """Store the second map after the plug of its own site, if that has one: this hook is registered later."""
    if site.second is not None and source is not None and source.last_output is not None:
        module = _last_of_sequential(model.get_submodule(parse_output_name(site.second.name)[0]))
        module.register_forward_hook(partial(store_output, source.last_output))


def tap(model: nn.Module, site: Site) -> MapSource:
    """Make the site's map, after its plug, readable after each forward; `unplug` does not remove it."""
    last_output = LastOutput()
    _last_of_sequential(model.get_submodule(site.path)).register_forward_hook(last_output.store)
    return MapSource(site.entry, site.view, last_output)


def _attach(model: nn.Module, path: str, routes: dict[Site, Route]) -> None:
    """Register one hook per module, before its other hooks, so that timm's feature hooks read the plugged map."""
    module, first = _last_of_sequential(model.get_submodule(path)), next(iter(routes))
    if first.call is None:
        by_entry: Routes = {site.entry: route for site, route in routes.items()}
        module.register_forward_hook(partial(apply_plugs, by_entry), prepend=True)
        return
    counter, calls = CallCounter(first.calls), dict[int, Routes]()
    for site, route in routes.items():
        calls.setdefault(site.call or 0, {})[site.entry] = route
    model.register_forward_pre_hook(partial(reset_counter, counter))
    module.register_forward_hook(partial(apply_plugs_of_call, counter, calls), prepend=True)


def needs_second_map(module: nn.Module) -> bool:
    """Tell whether the module's forward takes a second map."""
    return len(required_arguments(type(module))) > 1


def _last_of_sequential(module: nn.Module) -> nn.Module:
    """Return the last module of a plain Sequential, since gradient checkpointing calls its children one by one."""
    while type(module) is nn.Sequential and len(module):
        module = module[-1]
    return module
