"""`python -m experiments COMMAND`: see `experiments.cli.main`."""

import signal
import sys


def _main() -> int:
    """Run the command; Ctrl-C ends also the imports before it with one word and its exit code.

    Ctrl-C counts where a shell ignores it, for a background command, since it is how a study is stopped.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        from .cli.main import main

        return main()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("interrupted", file=sys.stderr)
        return 128 + signal.SIGINT


if __name__ == "__main__":
    code = _main()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the code is decided; a repeated signal must not change it
    sys.exit(code)
