"""The sites of a backbone: its own, and the skips and the decoder of a U-Net on top of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import nn

import attention
from user_error import UserError, first_line

from ..config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, DecoderSpec, RecipeSpec, RunSpec
from ..reproducibility.seeding import local_seed
from .build import Shape, build_plain, check_backbone

BACKBONE_KINDS, DECODER_KINDS = ("block", "stage", "conv", "native"), ("skip", "decoder")
NECK_CHANNELS = 128
BUILD_ERRORS = (RuntimeError, AssertionError, ValueError)


class SiteGroup(NamedTuple):
    """The sites of one kind, or a note where it has none."""

    note: str
    rows: list[dict[str, Any]]

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.note:
            yield self.note
        yield from (_line(row) for row in self.rows)


def survey(backbone: str, input_size: int, wanted: str | None) -> Iterator[SiteGroup]:
    """Every site of a timm backbone, or those that `wanted` names. Raises UserError for what it does not take."""
    check_backbone(backbone)
    if input_size < 1:
        raise UserError(f"at least 1, not {input_size}", place="--input-size")
    shape = Shape(3, input_size, input_size, 10)
    in_decoder = (wanted or "").partition("@")[0] in DECODER_KINDS
    if not in_decoder:
        network = _build_network(backbone, shape, None)
        for site in [wanted] if wanted else BACKBONE_KINDS:
            yield _site_group(network, site, backbone, shape, needed=bool(wanted))
    if in_decoder or not wanted:
        network, note = _build_segmenter(backbone, shape)
        yield SiteGroup(note, [])
        for site in [wanted] if wanted else DECODER_KINDS:
            yield _site_group(network, site, backbone, shape, needed=bool(wanted))


def _build_network(backbone: str, shape: Shape, decoder: DecoderSpec | None) -> nn.Module:
    spec = RunSpec(
        task="segmentation" if decoder else "classification",
        dataset=DatasetSpec(name="none"),
        backbone=BackboneSpec(name=backbone),
        decoder=decoder,
        arm=ArmSpec(),
        recipe=RecipeSpec(),
        seed=0,
    )
    with local_seed(0, "sites"):
        return build_plain(spec, shape).eval()


def _build_segmenter(backbone: str, shape: Shape) -> tuple[nn.Module, str]:
    """A U-Net, with a neck where SMP refuses the backbone or the size, and which of the two."""
    try:
        network = _build_network(backbone, shape, DecoderSpec())
        attention.sites(network, DECODER_KINDS[0], example=shape.example())
        return network, "in a U-Net:"
    except BUILD_ERRORS:
        neck = DecoderSpec(neck=NECK_CHANNELS)
        return _build_network(
            backbone, shape, neck
        ), f"in a U-Net with a neck (decoder: {{name: unet, neck: {NECK_CHANNELS}}}):"


def _site_group(network: nn.Module, wanted: str, backbone: str, shape: Shape, *, needed: bool) -> SiteGroup:
    try:
        found = attention.sites(network, wanted, example=shape.example())
    except UserError as error:
        if needed or "it has none" not in str(error):
            raise
        return SiteGroup(f"{wanted:7} none", [])
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"{backbone} does not take {shape.height} pixels ({first_line(error)})", place="--input-size"
        ) from error
    alive = attention.live(network, found, example=shape.example())
    return SiteGroup("", [_row(site, is_live) for site, is_live in zip(found, alive, strict=True)])


def _row(site: attention.Site, is_live: bool) -> dict[str, Any]:
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
    grid = "x".join(str(side) for side in row["grid"])
    notes = f"{'live' if row['live'] else 'dead'}{'' if row['residual'] else ', not residual'}"
    second = f", second input {row['second_input']}" if row["second_input"] else ""
    return (
        f"{row['kind']:7} stage {row['stage']:<2} {row['name']:36} {row['layout']:8} {row['channels']:5} channels"
        f"  {grid:8} {notes}{second}"
    )
