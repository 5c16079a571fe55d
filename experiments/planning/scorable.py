"""Whether masks still show what is scored at the size that networks see: small objects vanish when masks shrink."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from datasets.catalog import Splits
from datasets.preparation.report import Report
from datasets.sources.listing import SPLITS, printable
from datasets.streaming import Rows
from user_error import UserError

CHUNK = 64
"""Masks that are read at a time; most sets show what is looked for in the first."""
FOREGROUND, NOT_A_VALUE = 1, -1
ONLY = " split shows only "


def check_scorable(splits: Splits) -> None:
    """Check the masks (N,H,W) of every split. Raises UserError for a split that has no score at this size."""
    for problem in find_unscorable(splits):
        raise UserError(problem)


def find_unscorable(splits: Splits) -> Iterator[str]:
    """Yield a problem for each split that has no score at this size.

    With two classes the score is the IoU of class 1; otherwise any pixel that counts is enough.
    """
    ignored = NOT_A_VALUE if splits.ignore_index is None else splits.ignore_index
    for name in SPLITS:
        masks: Rows = getattr(splits, name).targets
        if len(splits.classes) == FOREGROUND + 1 and not _any(masks, lambda rows: rows == FOREGROUND):
            foreground = printable(splits.classes[FOREGROUND])
            yield _describe(name, masks, f"has a pixel of {foreground!r}, whose IoU is the score")
        elif not _any(masks, lambda rows: rows != ignored):
            yield _describe(name, masks, "has a pixel that is not ignored")


def find_weak(splits: Splits) -> Iterator[str]:
    """Yield a warning for each split of three or more classes that shows only one of them at this size."""
    ignored = NOT_A_VALUE if splits.ignore_index is None else splits.ignore_index
    for name in SPLITS:
        masks: Rows = getattr(splits, name).targets
        shown = _first_two_values(masks, ignored) if len(splits.classes) > FOREGROUND + 1 else set()
        if len(shown) == 1:
            height, width = masks.shape[1:]
            only = printable(splits.classes[shown.pop()])
            yield (
                f"the {name}{ONLY}{only!r} at {height}x{width} pixels: its score says nothing of the"
                " other classes"
            )


def add_warnings(report: Report, weak: Iterable[str]) -> Report:
    """Return the report with the warnings of `find_weak`, but for splits of which it warns at the full size already."""
    told = {text.partition(ONLY)[0] for text in report.warnings if ONLY in text}
    new = tuple(text for text in weak if text.partition(ONLY)[0] not in told)
    return replace(report, warnings=(*report.warnings, *new))


def _first_two_values(masks: Rows, ignored: int) -> set[int]:
    """Return the values that occur besides the ignored one, or as many as the first masks with two of them show."""
    shown: set[int] = set()
    for rows in _chunks(masks):
        shown |= set(torch.unique(torch.as_tensor(rows)).tolist()) - {ignored}
        if len(shown) > 1:
            break
    return shown


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
