"""Processes that end together with the process that started them, even if that one is killed with SIGKILL."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
"""Option of Linux's prctl(2): the signal that this process gets when its parent thread ends."""


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel send SIGKILL to this process when its parent thread ends; exit now if it already has.

    `parent` is the pid of the expected parent (default: the parent now). Linux only.
    """
    parent = os.getppid() if parent is None else parent
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before prctl took effect
        os._exit(1)
