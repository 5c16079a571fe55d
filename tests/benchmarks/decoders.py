"""SMP's decoders over all of timm, on the meta device: `python -m tests.benchmarks.decoders`.

A decoder sees of its encoder only the maps: their widths and grids. So every architecture is run once as an encoder
(at output strides 32, 16 and 8, which the decoders ask for, and behind our neck), and each decoder is built upon every
distinct list of maps that came out, with gates at all of its skips and blocks: each must be called once, and the
output keep its shape. Vision transformers that SMP's encoders refuse are also tried below DPT. Exit code 1 where a
decoder does not stand on every architecture, directly or by the neck, or on fewer than 896 directly.
"""

import inspect
import sys
import time
import warnings
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import segmentation_models_pytorch as smp
import timm
import torch
from segmentation_models_pytorch.encoders import encoders, get_encoder
from torch import Tensor, nn

from experiments.models.neck import Pyramid
from tests.benchmarks.reach import ARCHITECTURES, SKIP, WORKS, chosen, looked, on_meta, reason, spread, told

DPT, STUB, NECK_CHANNELS = "dpt", "stub", 64
WIDEST = 32


class Maps(NamedTuple):
    """What an encoder hands to a decoder: the image's shape, declared widths, each map's (C, H, W), least stride."""

    image: tuple[int, ...]
    widths: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    stride: int


class Stub(nn.Module):
    """An encoder that only makes maps of these shapes."""

    def __init__(self, maps: Maps, **_: object) -> None:
        super().__init__()
        self.maps, self.out_channels, self.output_stride = maps, list(maps.widths), maps.stride

    def forward(self, x_BCHW: Tensor) -> list[Tensor]:
        made = [torch.empty(len(x_BCHW), *shape, device="meta") for shape in self.maps.shapes]
        found = [one + x_BCHW.sum() if one.numel() else one for one in made]
        return [x_BCHW, *found[1:]] if self.maps.shapes[0] == self.maps.image else found

    def set_in_channels(self, in_channels: int, pretrained: bool = True) -> None:
        """Nothing."""

    def make_dilated(self, output_stride: int) -> None:
        """Nothing."""


def stride_of(decoder: str) -> int:
    """The output stride that a decoder asks its encoder for."""
    arguments = inspect.signature(smp.MODEL_ARCHITECTURES_MAPPING[decoder].__init__).parameters
    stride = arguments.get("encoder_output_stride")
    return WIDEST if stride is None else int(stride.default)


STRIDES = {name: stride_of(name) for name in smp.MODEL_ARCHITECTURES_MAPPING if name != DPT}


def encode(name: str) -> dict[str, Maps | str]:
    """The maps of one architecture at each stride (`32`) and by the neck (`neck 32`), or why not; and `dpt`."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    size = (timm.get_pretrained_cfg(name) or timm.models.PretrainedCfg()).input_size
    example = torch.empty(2, size[0], *(-(-side // WIDEST) * WIDEST for side in size[1:]), device="meta")
    found: dict[str, Maps | str] = {}
    for stride in sorted(set(STRIDES.values()), reverse=True):
        refused = found.get(str(WIDEST))
        found[str(stride)] = refused if isinstance(refused, str) else _own(name, stride, example)
    found |= _necked(name, torch.empty(2, *size, device="meta"))
    if isinstance(found[str(WIDEST)], str):
        found[DPT] = _below_dpt(name, size)
    return found


def _own(name: str, stride: int, example: Tensor) -> Maps | str:
    try:
        with on_meta():
            encoder = get_encoder(f"tu-{name}", output_stride=stride).eval()
            return _maps(encoder, example)
    except Exception as error:
        return reason(error)


def _necked(name: str, example: Tensor) -> dict[str, Maps | str]:
    try:
        with on_meta():
            model = timm.create_model(name, num_classes=0).eval()
            made = _maps(Pyramid(model, example, channels=NECK_CHANNELS).eval(), example)
    except Exception as error:
        return {f"neck {stride}": reason(error) for stride in STRIDES.values()}
    return {f"neck {stride}": _strided(made, stride) for stride in STRIDES.values()}


def _strided(maps: Maps, stride: int) -> Maps:
    """The maps of the same neck at a lower output stride, which its backbone does not see."""
    sides = [-(-side // stride) * stride for side in maps.image[1:]]
    shapes = [(NECK_CHANNELS, *(side // min(each, stride) for side in sides)) for each in (4, 8, 16, WIDEST)]
    dummy = (0, sides[0] // 2, sides[1] // 2)
    return maps._replace(shapes=(maps.image, dummy, *shapes))


def _maps(encoder: nn.Module, example: Tensor) -> Maps:
    with torch.no_grad():
        features = encoder(example)
    shapes = tuple(tuple(feature.shape[1:]) for feature in features)
    stride = encoder.output_stride
    assert isinstance(stride, int)
    return Maps(tuple(example.shape[1:]), tuple(map(int, encoder.out_channels)), shapes, stride)  # type: ignore[arg-type]


def _below_dpt(name: str, size: Sequence[int]) -> str:
    try:
        with on_meta():
            model = smp.DPT(f"tu-{name}", encoder_weights=None).eval()
    except Exception as error:
        return reason(error)
    return _both(looked(model, ("skip", "decoder"), torch.empty(2, *size, device="meta")))


def decode(case: tuple[str, Maps]) -> str:
    """Whether a decoder works upon these maps with gates at its skips and blocks, or why not."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    decoder, maps = case
    encoders[STUB] = {"encoder": partial(Stub, maps), "params": {}}
    try:
        with on_meta():
            model = smp.create_model(decoder, STUB, encoder_weights=None, in_channels=maps.image[0]).eval()
    except Exception as error:
        return reason(error)
    return _both(looked(model, ("skip", "decoder"), torch.empty(2, *maps.image, device="meta")))


def _both(found: dict[str, str]) -> str:
    return next((f"{where}: {text}" for where, text in found.items() if not text.startswith(WORKS)), WORKS)


def main(arguments: Sequence[str]) -> int:
    """Encode all architectures that match, decode all maps, print the counts and the rest with reasons."""
    names, workers = chosen(arguments, "decoders", __doc__)
    start = time.monotonic()
    maps = dict(spread(encode, names, workers))
    cases = [
        (decoder, one)
        for decoder, stride in STRIDES.items()
        for one in dict.fromkeys(
            m for found in maps.values() for m in (found[str(stride)], found[f"neck {stride}"])
        )
        if isinstance(one, Maps)
    ]
    decoded = dict(spread(decode, cases, workers))
    failed = 0
    for decoder, stride in STRIDES.items():
        own = {name: _end(found[str(stride)], decoder, decoded) for name, found in maps.items()}
        neck = {name: _end(found[f"neck {stride}"], decoder, decoded) for name, found in maps.items()}
        told(decoder, own)
        told(f"{decoder} with a neck", neck)
        direct = sum(text == WORKS for text in own.values())
        either = sum(WORKS in (own[name], neck[name]) for name in names)
        failed += either < len(names) or (stride == WIDEST and len(names) >= ARCHITECTURES and direct < SKIP)
    told(
        f"{DPT} where SMP's encoders refuse",
        {n: str(found[DPT]) for n, found in maps.items() if DPT in found},
    )
    print(
        f"timm {timm.__version__}, SMP {smp.__version__}: {len(names)} architectures, {len(cases)} different pairs"
    )
    print(f"of a decoder and maps, in {time.monotonic() - start:.0f} s")
    return int(failed > 0)


def _end(maps: Maps | str, decoder: str, decoded: dict[tuple[str, Maps], str]) -> str:
    return maps if isinstance(maps, str) else decoded[decoder, maps]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
