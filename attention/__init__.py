"""Attention modules, declared once and proven right, and how to put them into any backbone."""

from .build import build
from .canonical import canonical, clamped, effective, identity, parse
from .catalog import CATALOG, Entry, find
from .options import read
from .plugging import Site, live, plug, sites, strip, takes_two, tap, unplug

__all__ = [
    "CATALOG",
    "Entry",
    "Site",
    "build",
    "canonical",
    "clamped",
    "effective",
    "find",
    "identity",
    "live",
    "parse",
    "plug",
    "read",
    "sites",
    "strip",
    "takes_two",
    "tap",
    "unplug",
]
