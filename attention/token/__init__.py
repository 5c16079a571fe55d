"""Attention modules in which every place looks at others; one paper, one file."""
