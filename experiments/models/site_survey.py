"""A list of the sites of a backbone: its own, and the skips and decoder of a U-Net on top of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import nn

import attention
from user_error import UserError, first_line

from ..config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, DecoderSpec, RecipeSpec, RunSpec
from ..reproducibility.seeding import local_seed
from .build import Shape, build_plain, check_backbone
from .image_size import NECK_CHANNELS, describe_inert_attention

BACKBONE_KINDS, DECODER_KINDS = ("block", "stage", "conv", "native"), ("skip", "decoder")
BUILD_ERRORS = (RuntimeError, AssertionError, ValueError)


class SiteGroup(NamedTuple):
    """The sites of one kind, or a note that there are none."""

    note: str
    rows: list[dict[str, Any]]

    def lines(self) -> Iterator[str]:
        """Format the sites as text, one line each."""
        if self.note:
            yield self.note
        yield from (_line(row) for row in self.rows)


def survey(backbone: str, input_size: int, selected: str | None) -> Iterator[SiteGroup]:
    """List every site of a backbone, or those that `selected` names, such as 'stage' or 'block@2'.

    Raises UserError for an unknown backbone, and for a site or an input size that it does not have.
    """
    check_backbone(backbone)
    if input_size < 1:
        raise UserError(f"at least 1, not {input_size}", place="--input-size")
    shape = Shape(3, input_size, input_size, 10)
    in_decoder = (selected or "").partition("@")[0] in DECODER_KINDS
    if not in_decoder:
        inert = describe_inert_attention(_spec(backbone, None), shape)
        if inert:
            yield SiteGroup(f"warning: {inert}", [])
        network = _build_network(backbone, shape, None)
        for site in [selected] if selected else BACKBONE_KINDS:
            yield _site_group(network, site, backbone, shape, needed=bool(selected))
    if in_decoder or not selected:
        network, note = _build_segmenter(backbone, shape)
        yield SiteGroup(note, [])
        for site in [selected] if selected else DECODER_KINDS:
            yield _site_group(network, site, backbone, shape, needed=bool(selected))


def _build_network(backbone: str, shape: Shape, decoder: DecoderSpec | None) -> nn.Module:
    """Build the backbone, with or without a decoder, in evaluation mode."""
    with local_seed(0, "sites"):
        return build_plain(_spec(backbone, decoder), shape).eval()


def _spec(backbone: str, decoder: DecoderSpec | None) -> RunSpec:
    """Describe the network as a run without a module."""
    return RunSpec(
        task="segmentation" if decoder else "classification",
        dataset=DatasetSpec(name="none"),
        backbone=BackboneSpec(name=backbone),
        decoder=decoder,
        arm=ArmSpec(),
        recipe=RecipeSpec(),
        seed=0,
    )


def _build_segmenter(backbone: str, shape: Shape) -> tuple[nn.Module, str]:
    """Build a U-Net, with a neck if SMP rejects the backbone or the size; also return a heading that says which."""
    try:
        network = _build_network(backbone, shape, DecoderSpec())
        attention.sites(network, DECODER_KINDS[0], example=shape.example())
        return network, "in a U-Net:"
    except BUILD_ERRORS:
        neck = DecoderSpec(neck=NECK_CHANNELS)
        return _build_network(
            backbone, shape, neck
        ), f"in a U-Net with a neck (decoder: {{name: unet, neck: {NECK_CHANNELS}}}):"


def _site_group(network: nn.Module, pattern: str, backbone: str, shape: Shape, *, needed: bool) -> SiteGroup:
    try:
        sites = attention.sites(network, pattern, example=shape.example())
    except UserError as error:
        if needed or "it has none" not in str(error):
            raise
        return SiteGroup(f"{pattern:7} none", [])
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"{backbone} does not take {shape.height} pixels ({first_line(error)})", place="--input-size"
        ) from error
    alive = attention.reach_output(network, sites, example=shape.example())
    return SiteGroup("", [_row(site, is_live) for site, is_live in zip(sites, alive, strict=True)])


def _row(site: attention.Site, is_live: bool) -> dict[str, Any]:
    """Describe one site as JSON."""
    return {
        "kind": site.kind,
        "stage": site.stage,
        "name": site.name,
        "layout": f"{site.layout}+{site.prefix}" if site.prefix else str(site.layout),
        "channels": site.channels,
        "grid": list(site.grid),
        "live": is_live,
        "residual": site.residual,
        "second_input": site.second.name if site.second else None,
    }


def _line(row: dict[str, Any]) -> str:
    """Format one site as a line of text."""
    grid = "x".join(str(side) for side in row["grid"])
    notes = f"{'live' if row['live'] else 'dead'}{'' if row['residual'] else ', not residual'}"
    second = f", second input {row['second_input']}" if row["second_input"] else ""
    return (
        f"{row['kind']:7} stage {row['stage']:<2} {row['name']:36} {row['layout']:8} {row['channels']:5} channels"
        f"  {grid:8} {notes}{second}"
    )
