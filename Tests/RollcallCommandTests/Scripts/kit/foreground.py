"""Signals as a shell leaves them to what runs in the foreground. Standard library only."""

import signal


def take_signals():
    """What runs in the background is started with these ignored, and so would be every process that a script starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
