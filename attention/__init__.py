"""Attention modules for vision: declared once, checked by contracts, and pluggable into any backbone."""

from .build import build
from .canonical import canonicalize, effective_values, identity_start, is_hidden_width_clamped, parse
from .catalog import CATALOG, Entry, find
from .options import read_options
from .plugging import (
    AttentionLayer,
    Site,
    attention_layers,
    needs_second_map,
    plug,
    reach_output,
    sites,
    strip,
    tap,
    unplug,
)

__all__ = [
    "CATALOG",
    "AttentionLayer",
    "Entry",
    "Site",
    "attention_layers",
    "build",
    "canonicalize",
    "effective_values",
    "find",
    "identity_start",
    "is_hidden_width_clamped",
    "needs_second_map",
    "parse",
    "plug",
    "reach_output",
    "read_options",
    "sites",
    "strip",
    "tap",
    "unplug",
]
