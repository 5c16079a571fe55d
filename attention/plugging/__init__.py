"""Putting attention modules into a model that exists, without touching its weights' names."""

from .liveness import live
from .native_sites import strip
from .plugs import plug, takes_two, tap, unplug
from .sites import Site, sites

__all__ = ["Site", "live", "plug", "sites", "strip", "takes_two", "tap", "unplug"]
