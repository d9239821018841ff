"""Waits for what others do. Standard library only."""

import time

LOOK_INTERVAL = 0.01  # seconds


def until(condition, seconds=30):
    """Waits for a condition up to a time limit, and returns whether it came true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(LOOK_INTERVAL)
    return False
