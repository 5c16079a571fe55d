"""Exit codes of all commands."""

DONE = 0
SOMETHING_FAILED = 1
"""The command completed, and a run or check that it reports on failed, differs or is damaged."""
REFUSED = 2
"""An error of the user or of the file system: nothing was started; or all was done, but its output is lost."""
NOT_RUNNABLE = 3
"""`reproduce`: a recorded run cannot run on this machine."""
INTERNAL_ERROR = 70
"""An internal error; its traceback is in the file that the message names (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED = 130
"""Stopped by Ctrl-C; for other signals it is 128 plus the signal's number, as in shells."""
