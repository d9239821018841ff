"""Signals as a shell leaves them to what runs in the foreground. Standard library only."""

import signal


def take_signals():
    """A shell starts background jobs with these signals ignored, and every process that a script starts would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
