"""What a command's exit code means. One table, for the shell, the docs and the tests."""

DONE = 0
SOMETHING_FAILED = 1
"""The command did its work, and something that it looked at failed, differs or is damaged."""
REFUSED = 2
"""A mistake of the user, or of the machine: nothing was started."""
NOT_RUNNABLE = 3
"""`reproduce`: a recorded run could not be run here."""
INTERNAL_ERROR = 70
"""A fault of the program; its traceback is in the file that the message names (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED = 130
"""Stopped by Ctrl-C; by another signal it is 128 and the signal's number, as shells count."""
