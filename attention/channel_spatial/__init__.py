"""Attention modules in which channels and places are weighed; one paper, one file."""
