"""Imported first in the fork server: makes the importing process end together with its parent."""

import os

from .parent_death import die_with_parent

SERVER = os.getpid()
"""The fork server's pid. Its children inherit the value, and end with that process."""
die_with_parent()
