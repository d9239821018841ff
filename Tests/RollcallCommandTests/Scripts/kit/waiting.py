"""Waiting for other processes. Standard library only."""

import time

LOOK_INTERVAL = 0.01  # seconds


def until(condition, seconds=30):
    """Waits until a condition is true, up to a time limit, and returns whether it became true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(LOOK_INTERVAL)
    return False
