"""Modules with two inputs that gate what a decoder receives; one paper, one file."""
