"""Spatial attention: one gate for each position of the map, and masks. One file per paper."""
