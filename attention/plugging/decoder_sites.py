"""Where a segmenter takes modules beside its encoder: what the decoder receives, and the decoder's blocks."""

from collections.abc import Iterator

from torch import nn

from user_error import UserError

from .probed_model import Place, Probed, Second, is_segmenter


def skips(probed: Probed) -> list[Place]:
    """The entries of the list that the encoder hands to the decoder, without the image and empty dummies."""
    _check(probed, "skip")
    entries = [(at, node) for at, node in probed.by_name["encoder"][-1].outputs.items() if at is not None]
    found = []
    for at, node in entries:
        layout = probed.layout(node, "encoder") if len(node.shape) == 4 and node.parents else None
        if layout is not None and node.shape[1]:
            found.append(Place(f"encoder[{at}]", layout._replace(name="NCHW"), at, node.index))
    first = 1 if found and found[0].stage == 0 else 0
    deeper = [*(Second(place.name, place.layout) for place in found[1:]), None]
    return [
        place._replace(stage=place.stage + first, second=second)
        for place, second in zip(found, deeper, strict=True)
    ]


def decoder_blocks(probed: Probed) -> list[Place]:
    """The outermost modules of the decoder that return maps, in order; stage counts them."""
    _check(probed, "decoder")
    names = list(_outermost(probed, "decoder"))
    found = sorted(probed.places(names), key=lambda place: place.moment)
    return [place._replace(stage=at) for at, place in enumerate(found, 1)]


def _outermost(probed: Probed, name: str) -> Iterator[str]:
    for child, module in probed.modules[name].named_children():
        path = f"{name}.{child}"
        if isinstance(module, nn.ModuleList | nn.ModuleDict) and path not in probed.by_name:
            yield from _outermost(probed, path)
        elif any(True for _ in module.parameters()) and path in probed.by_name:
            yield path


def _check(probed: Probed, kind: str) -> None:
    if not is_segmenter(probed.model):
        raise UserError(f"site {kind!r}: {type(probed.model).__name__} has no encoder and decoder")
