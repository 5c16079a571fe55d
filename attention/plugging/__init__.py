"""Plugging attention modules into an existing model without changing its parameter names."""

from .attention_layers import AttentionLayer, attention_layers
from .liveness import reach_output
from .native_sites import strip
from .plugs import needs_second_map, plug, tap, unplug
from .sites import Site, sites

__all__ = [
    "AttentionLayer",
    "Site",
    "attention_layers",
    "needs_second_map",
    "plug",
    "reach_output",
    "sites",
    "strip",
    "tap",
    "unplug",
]
