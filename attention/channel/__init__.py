"""Attention modules in which each channel is weighed as a whole; one paper, one file."""
