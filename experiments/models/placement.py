"""Where an arm's module goes in a network, and what of the network's own attention stays.

Places from which nothing reaches the output are left out: a module there would cost and learn nothing. A branch
module stands for convolutions (site `conv`); a module of two inputs takes a skip and the next deeper one, or a stage
and the one before it.
"""

import torch
from torch import Tensor, nn

import attention
from user_error import UserError

from ..config.run_spec import ArmSpec

NATIVE, CONV = "native", "conv"
DEFAULT_SITES = {"branch": CONV, "two_input": "stage"}
"""Where modules of a kind go that an arm gives no site."""


def check_site(arm: ArmSpec) -> None:
    """Raises UserError for a module that cannot be at its site, and for a part in native attention that is none."""
    kind = arm.site.partition("@")[0]
    if arm.native == "replace" and arm.module == "none":
        raise UserError("native: replace needs a module; to take the backbone's own attention out, strip")
    if arm.module == "none":
        return
    if (kind == NATIVE) != (arm.native == "replace"):
        raise UserError(
            f"site: {kind} and native: {arm.native} do not go together; native: replace has its own site"
        )
    if kind == CONV and attention.find(arm.module).kind != "branch":
        raise UserError(
            f"site: {arm.module} cannot stand for a convolution; sk, split_attention and pyramid can"
        )
    if takes_two_maps(arm.module) and kind not in ("skip", "stage"):
        raise UserError(
            f"site: {arm.module} takes two maps, as a decoder's skips and stages have them; give site: skip or stage"
        )


def resolve_site(arm: ArmSpec) -> ArmSpec:
    """The arm with the site that `native: replace` stands for, or its module's kind where none is given."""
    if arm.module == "none" or arm.site != ArmSpec().site:
        return arm
    if arm.native == "replace":
        return arm.model_copy(update={"site": NATIVE})
    if "site" in arm.model_fields_set:
        return arm
    return arm.model_copy(update={"site": DEFAULT_SITES.get(attention.find(arm.module).kind, arm.site)})


def strip_native_attention(network: nn.Module, arm: ArmSpec) -> None:
    """Take the network's own attention out where the arm says so; UserError where it has none."""
    if arm.native == "strip" and not attention.strip(network):
        raise UserError("native: strip changes nothing, the backbone has no attention modules of its own")


def live_sites(network: nn.Module, arm: ArmSpec, example: Tensor) -> list[attention.Site]:
    """The arm's sites that the output depends on; UserError where there is none."""
    found = attention.sites(network, arm.site, example=example)
    if takes_two_maps(arm.module):
        found = [site for site in found if site.second]
        if not found:
            raise UserError(f"site {arm.site!r}: no other map for the second input of {arm.module}")
    alive = attention.live(network, found, example=example)
    if not any(alive):
        raise UserError(f"site {arm.site!r}: nothing there reaches the output ({found[0].name} and the rest)")
    return [site for site, is_live in zip(found, alive, strict=True) if is_live]


def takes_two_maps(module: str) -> bool:
    """It takes a skip and the next deeper one, or a stage and the one before."""
    return module != "none" and attention.find(module).kind == "two_input"


def build_module(arm: ArmSpec, site: attention.Site) -> nn.Module:
    """The arm's module for one site."""
    second = site.second.layout.channels if takes_two_maps(arm.module) and site.second else None
    return attention.build(arm.module, site.channels, context_channels=second, **arm.options)


def dry_run(network: nn.Module, arm: ArmSpec, sites: list[attention.Site], example: Tensor) -> None:
    """Run the plugged network on the meta device, in training mode; UserError says what cannot be."""
    try:
        shape = _output_shape(network.eval(), example)
    except (RuntimeError, NotImplementedError):
        return  # a backbone that asks for a value; it is told by the real run
    with torch.device("meta"):
        attention.plug(network, sites, lambda site: build_module(arm, site))
    try:
        if _output_shape(network.train(), example) != shape:
            raise UserError(f"{arm.module} at site {arm.site!r} changes the shape of the output")
    except (RuntimeError, TypeError, IndexError, AssertionError) as error:
        if "meta" in str(error).lower() or isinstance(error, NotImplementedError):
            return  # a module that asks for a value
        text = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"{arm.module} at site {arm.site!r} cannot run in this network ({text})") from error


def _output_shape(network: nn.Module, example: Tensor) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(network(example).shape)
