"""Entry points of torch.hub: every module of the catalog by its name.

torch.hub.load(path, "cbam", channels=64, reduction=8, source="local") -> torch.nn.Module, (B, C, H, W) to the same.
"""

from collections.abc import Callable as _Callable

from torch import nn as _nn

from attention import CATALOG as _CATALOG
from attention import build as _build

dependencies = ["torch"]


def _entry_point(name: str) -> _Callable[..., _nn.Module]:
    def make(
        channels: int, *, context_channels: int | None = None, **options: int | float | str | bool | None
    ) -> _nn.Module:
        return _build(name, channels, context_channels=context_channels, **options)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = _CATALOG[name].make.__doc__
    return make


globals().update({name: _entry_point(name) for name in _CATALOG})
