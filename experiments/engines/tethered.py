"""Importing this ties the importing process to its parent's life: the fork server's first import, before heavy ones."""

from .dying import die_with_parent

die_with_parent()
