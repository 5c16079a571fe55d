"""Putting attention modules into a model that exists, without touching its weights' names."""

from .plugs import plug, unplug
from .sites import Site, sites

__all__ = ["Site", "plug", "sites", "unplug"]
