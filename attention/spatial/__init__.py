"""Attention modules in which each place is weighed, all channels alike; one paper, one file."""
