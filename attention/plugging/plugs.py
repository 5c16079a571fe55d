"""Sending places' outputs through attention modules, by forward hooks, and taking the modules out again.

The parameters live on the model's root, in `model.plugs`, so that every name of the backbone stays and no
container runs a plug as one of its own children. Hooks are partials of functions of this module: a plugged
model can be copied, pickled and compiled.
"""

from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor, nn

from .sites import Site


def plug(model: nn.Module, places: Sequence[Site], make: Callable[[Site], nn.Module]) -> list[str]:
    """Send each place's output through make(place); return the places' names.

    The modules become `model.plugs`, keyed by place with "/" for ".". Raises ValueError without places, for
    a model that is plugged already, and for a place that the module does not fit, which it names.
    """
    if not places:
        raise ValueError("nothing to plug: no places given; sites(model, where, example=...) lists them")
    if hasattr(model, "plugs"):
        raise ValueError("this model is plugged already: unplug it first")
    modules = {_key(site): _made(make, site) for site in places}
    if len(modules) < len(places):
        raise ValueError("nothing plugged: a place is given twice")
    model.plugs = nn.ModuleDict(modules).train(model.training)
    entries = {site.stage: modules[_key(site)] for site in places if site.kind == "skip"}
    if entries:
        _hook(model.get_submodule("encoder"), partial(_through_entries, entries))
    for site in places:
        if site.kind != "skip":
            through = _through_last if site.layout == "NHWC" else _through
            _hook(model.get_submodule(site.name), partial(through, modules[_key(site)]))
    return [site.name for site in places]


def unplug(model: nn.Module) -> None:
    """Take all plugs out; the model is as before. ValueError where there are none."""
    if not hasattr(model, "plugs"):
        raise ValueError("this model is not plugged")
    del model.plugs
    for module in model.modules():
        hooks = module._forward_hooks
        for key in [k for k, hook in hooks.items() if isinstance(hook, partial) and hook.func in HOOKS]:
            del hooks[key]


def _key(site: Site) -> str:
    return site.name.replace(".", "/")


def _made(make: Callable[[Site], nn.Module], site: Site) -> nn.Module:
    try:
        return make(site)
    except ValueError as error:
        raise ValueError(f"site {site.name} ({site.channels} channels): {error}") from None


def _hook(module: nn.Module, hook: Callable[..., object]) -> None:
    """First among the hooks, so that timm's own feature hooks see the plugged map."""
    module.register_forward_hook(hook, prepend=True)


def _through(plugged: nn.Module, module: nn.Module, args: object, output: Tensor) -> Tensor:
    gated: Tensor = plugged(output)
    return gated


def _through_last(plugged: nn.Module, module: nn.Module, args: object, output_BHWC: Tensor) -> Tensor:
    gated_BCHW: Tensor = plugged(output_BHWC.permute(0, 3, 1, 2))
    return gated_BCHW.permute(0, 2, 3, 1)


def _through_entries(
    entries: dict[int, nn.Module], module: nn.Module, args: object, output: Sequence[Tensor]
) -> list[Tensor]:
    return [entries[at](value) if at in entries else value for at, value in enumerate(output)]


HOOKS = (_through, _through_last, _through_entries)
