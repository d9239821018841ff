#!/usr/bin/env python3
"""Checks the command with a state file: what a restart reports, which files it refuses, and full or broken disks.

Usage: state_files.py PATH-OF-ROLLCALL [WORD…]     only the checks whose names contain one of the words
"""

import sys, threading
import state_deliveries, state_disks, state_locks, state_refusals, state_restarts
from kit.state_checks import checks_of, failures, perform

words = sys.argv[2:]
every = [function for module in (state_restarts, state_deliveries, state_refusals, state_disks, state_locks) for function in checks_of(module)]
chosen = [function for function in every if not words or any(word in function.__name__ for word in words)]
waiting = [threading.Thread(target=perform, args=(function,)) for function in chosen if function.waits]
for thread in waiting:
    thread.start()
for function in chosen:
    if not function.waits:
        perform(function)
for thread in waiting:
    thread.join()
sys.exit(bool(failures))
