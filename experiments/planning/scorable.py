"""Whether masks still show what is scored at the size that networks see: small objects vanish when masks shrink."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from datasets.catalog import Splits
from datasets.sources.listing import printable
from datasets.streaming import Rows
from user_error import UserError

CHUNK = 64
"""Masks that are read at a time; most sets show what is looked for in the first."""
FOREGROUND, NOT_A_VALUE = 1, -1


def check_scorable(splits: Splits) -> None:
    """Check the masks (N,H,W) of every split. Raises UserError for a split that has no score at this size."""
    for problem in find_unscorable(splits):
        raise UserError(problem)


def find_unscorable(splits: Splits) -> Iterator[str]:
    """Yield a problem for each split that has no score at this size.

    With two classes the score is the IoU of class 1; otherwise any pixel that counts is enough.
    """
    ignored = NOT_A_VALUE if splits.ignore_index is None else splits.ignore_index
    for name in ("train", "validation", "test"):
        masks: Rows = getattr(splits, name).targets
        if len(splits.classes) == FOREGROUND + 1 and not _any(masks, lambda rows: rows == FOREGROUND):
            foreground = printable(splits.classes[FOREGROUND])
            yield _describe(name, masks, f"has a pixel of {foreground!r}, whose IoU is the score")
        elif not _any(masks, lambda rows: rows != ignored):
            yield _describe(name, masks, "has a pixel that is not ignored")


def _describe(name: str, masks: Rows, what: str) -> str:
    height, width = masks.shape[1:]
    return (
        f"the {name} split cannot be scored: at {height}x{width} pixels none of its {len(masks)} masks {what}; "
        "set a larger dataset.options.size (fit: crop may also cut it off)"
    )


def _any(masks: Rows, holds: Callable[[Tensor], Tensor]) -> bool:
    """Whether some pixel meets the condition; stops at the first chunk in which one does."""
    return any(bool(holds(torch.as_tensor(rows)).any()) for rows in _chunks(masks))


def _chunks(masks: Rows) -> Iterator[Tensor]:
    for start in range(0, len(masks), CHUNK):
        yield masks[start : start + CHUNK]
