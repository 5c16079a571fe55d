"""The sites of an arm's module in a network, and what happens to the network's own attention.

Sites that do not reach the output are left out: a module there would cost parameters and never learn. A branch module
replaces convolutions (site `conv`); a module with two inputs takes a skip and the next deeper one, or a stage and the
one before it.
"""

from torch import Tensor, nn

import attention
from user_error import UserError

from ..config.run_spec import ArmSpec

NATIVE, CONV = "native", "conv"
DEFAULT_SITES = {"branch": CONV, "two_input": "stage"}
"""Module kind -> site of an arm that gives none (all other kinds: `block`)."""


def check_site(arm: ArmSpec) -> None:
    """Raise UserError if the module cannot go at its site, or if `native` and site or module contradict each other."""
    kind = arm.site.partition("@")[0]
    if arm.native == "replace" and arm.module == "none":
        raise UserError(
            "native: replace needs a module; to only remove the backbone's own attention, write native: strip"
        )
    if arm.module == "none":
        return
    if (kind == NATIVE) != (arm.native == "replace"):
        raise UserError(
            f"site: {kind} and native: {arm.native} do not go together; native: replace takes no site of its own"
        )
    if kind == CONV and attention.find(arm.module).kind != "branch":
        raise UserError(
            f"site: {arm.module} cannot replace a convolution; sk, split_attention and pyramid can"
        )
    if takes_two_maps(arm.module) and kind not in ("skip", "stage"):
        raise UserError(
            f"site: {arm.module} needs two maps, which only skips and stages have; give site: skip or stage"
        )


def resolve_site(arm: ArmSpec) -> ArmSpec:
    """Set the site of an arm that gives none: that of `native: replace`, or the default of the module's kind."""
    if arm.module == "none" or arm.site != ArmSpec().site:
        return arm
    if arm.native == "replace":
        return arm.model_copy(update={"site": NATIVE})
    if "site" in arm.model_fields_set:
        return arm
    return arm.model_copy(update={"site": DEFAULT_SITES.get(attention.find(arm.module).kind, arm.site)})


def strip_native_attention(network: nn.Module, arm: ArmSpec) -> None:
    """Remove the network's own attention if the arm says `native: strip`. Raises UserError if it has none."""
    if arm.native == "strip" and not attention.strip(network):
        raise UserError("native: strip changes nothing, the backbone has no attention modules of its own")


def live_sites(network: nn.Module, arm: ArmSpec, example: Tensor) -> list[attention.Site]:
    """Find the arm's sites that the output depends on. Raises UserError if there are none."""
    sites = attention.sites(network, arm.site, example=example)
    if takes_two_maps(arm.module):
        sites = [site for site in sites if site.second]
        if not sites:
            raise UserError(f"site {arm.site!r}: no other map for the second input of {arm.module}")
    alive = attention.reach_output(network, sites, example=example)
    if not any(alive):
        raise UserError(
            f"site {arm.site!r}: the output depends on none of its {len(sites)} maps ({sites[0].name} ...)"
        )
    return [site for site, is_live in zip(sites, alive, strict=True) if is_live]


def takes_two_maps(module: str) -> bool:
    """Whether the module has two inputs: a skip and the next deeper one, or a stage and the one before it."""
    return module != "none" and attention.find(module).kind == "two_input"


def build_module(arm: ArmSpec, site: attention.Site) -> nn.Module:
    """Build the arm's module for one site. Raises UserError if its options do not fit the site."""
    second = site.second.layout.channels if takes_two_maps(arm.module) and site.second else None
    return attention.build(arm.module, site.channels, context_channels=second, **arm.options)
