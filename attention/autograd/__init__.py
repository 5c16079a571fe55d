"""Backward passes written by hand, where autograd's own would move or keep more memory than the formula needs.

Each function has a plain form beside it in the module that uses it. While torch traces (compile, export) the plain
form runs, and the compiler fuses it. Gradients agree with the plain forms up to rounding; second derivatives are not
supported. In a chain of these functions the next one changes a gradient in place, which is safe because nothing else
holds it: outputs named `same` must only be passed to the next function of the chain.
"""
