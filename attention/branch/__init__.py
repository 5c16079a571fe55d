"""Modules that replace a convolution by several whose outputs they weigh; one paper, one file."""
