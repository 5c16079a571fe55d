"""Attention modules, declared once and proven right, and how to put them into any backbone."""

from .catalog import CATALOG, Entry, build, canonical, effective, find, parse
from .options import read
from .plugging import Site, plug, sites, unplug

__all__ = [
    "CATALOG",
    "Entry",
    "Site",
    "build",
    "canonical",
    "effective",
    "find",
    "parse",
    "plug",
    "read",
    "sites",
    "unplug",
]
