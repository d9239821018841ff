"""Locks on a state file. Standard library only."""

import sqlite3, time


class Lock:
    """Another program's lock on a database."""

    def __init__(self, path, begin="BEGIN IMMEDIATE"):
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        self.connection.execute(begin)
        self.since = time.monotonic()

    def hold(self, seconds):
        time.sleep(max(0, self.since + seconds - time.monotonic()))

    def release(self):
        self.connection.execute("ROLLBACK")
        self.connection.close()
