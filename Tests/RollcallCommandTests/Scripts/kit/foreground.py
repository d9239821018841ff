"""Signals as a shell's foreground job has them. Standard library only."""

import signal


def take_signals():
    """Restores signals that a shell ignores in background jobs, because every process started by a script would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
