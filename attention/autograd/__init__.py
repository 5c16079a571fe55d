"""Backward passes written by hand, where autograd's own would move or keep more memory than the formula needs.

Each function has a plain form beside it in the module that uses it: while torch traces (compile, export) the plain form
is taken, and the compiler fuses it itself. Gradients agree with the plain forms to rounding; second derivatives are not
offered. In a chain of these functions a gradient made by one is changed in place by the next, which is safe because
nothing else holds it: outputs named `same` are for the next function only.
"""
