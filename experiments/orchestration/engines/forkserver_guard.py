"""Importing this ties the importing process to its parent's life: the fork server's first import, before heavy ones."""

import os

from .parent_death import die_with_parent

SERVER = os.getpid()  # children are forked with it: whom they must not outlive
die_with_parent()
