"""Spatial attention: gates, masks and kernels that each position selects. One file per paper."""
