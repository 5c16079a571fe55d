"""Branch modules: replacements of a convolution by several with weighted outputs. One file per paper."""
