"""Imported first in the fork server: makes the importing process end together with its parent, and by nothing else.

The fork server starts with stop signals blocked (`local.py`). It ignores them from here on, and so do its children
until they take SIGTERM as a request to save.
"""

import os

from ...config.command_line.stop_signals import ignore_stop_signals
from .parent_death import die_with_parent

SERVER = os.getpid()
"""The fork server's pid. Its children inherit the value, and end with that process."""
die_with_parent()
ignore_stop_signals()
