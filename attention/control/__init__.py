"""Attention modules in which placebos that test the explanation; one paper, one file."""
