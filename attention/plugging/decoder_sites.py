"""The sites of a segmentation model outside its encoder: the decoder's inputs and the decoder's blocks."""

from collections.abc import Iterator

from torch import nn

from user_error import UserError

from .probed_model import Candidate, ProbedModel, SecondMap, is_segmenter


def skips(probed: ProbedModel) -> list[Candidate]:
    """Find the maps that the encoder passes to the decoder, without the image and empty placeholders."""
    _require_segmenter(probed, "skip")
    candidates = []
    for index, node in probed.calls_by_name["encoder"][-1].outputs.items():
        if index is None:
            continue
        layout = probed.layout(node, "encoder") if len(node.shape) == 4 and node.parents else None
        if layout is not None and node.shape[1]:
            candidates.append(Candidate(f"encoder[{index}]", layout._replace(name="NCHW"), index, node.index))
    first = 1 if candidates and candidates[0].stage == 0 else 0
    deeper = [*(SecondMap(candidate.name, candidate.layout) for candidate in candidates[1:]), None]
    return [
        candidate._replace(stage=candidate.stage + first, second=second)
        for candidate, second in zip(candidates, deeper, strict=True)
    ]


def decoder_blocks(probed: ProbedModel) -> list[Candidate]:
    """Find the decoder's outermost modules that return maps, in order; `stage` numbers them."""
    _require_segmenter(probed, "decoder")
    names = list(_outermost(probed, "decoder"))
    candidates = sorted(probed.candidates(names), key=lambda candidate: candidate.time)
    return [candidate._replace(stage=index) for index, candidate in enumerate(candidates, 1)]


def _outermost(probed: ProbedModel, name: str) -> Iterator[str]:
    """Yield the paths of the outermost called modules with parameters below this one, looking into module lists."""
    for child, module in probed.modules[name].named_children():
        path = f"{name}.{child}"
        if isinstance(module, nn.ModuleList | nn.ModuleDict) and path not in probed.calls_by_name:
            yield from _outermost(probed, path)
        elif any(True for _ in module.parameters()) and path in probed.calls_by_name:
            yield path


def _require_segmenter(probed: ProbedModel, kind: str) -> None:
    if not is_segmenter(probed.model):
        raise UserError(f"site {kind!r}: {type(probed.model).__name__} has no encoder and decoder")
