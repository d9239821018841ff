"""Waits for what others do. Standard library only."""

import time

LOOK_INTERVAL = 0.01  # seconds


def until(condition, seconds=30):
    """Waits for something, so long at the most, and says whether it came about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(LOOK_INTERVAL)
    return False
