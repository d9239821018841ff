"""Runs checks side by side, and reports what they found. Standard library only."""

import queue, sys, threading


def check(condition, message, detail=""):
    """Prints the message if the condition is true; otherwise ends the script with the message and the detail."""
    if not condition:
        raise SystemExit(f"FAILED: {message} {detail}")
    print(f"ok: {message}")


def side_by_side(jobs, workers):
    """Runs named jobs, `workers` of them at a time, and returns their results by name."""
    waiting, results, lock = queue.Queue(), {}, threading.Lock()
    for job in jobs:
        waiting.put(job)

    def work():
        while True:
            try:
                name, job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                result = job()
            except (Exception, SystemExit) as error:
                result = dict(faults=[f"{type(error).__name__}: {error}"])
            with lock:
                results[name] = result

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def end(line, faults):
    """Prints what was checked and the faults found, and ends the script."""
    print(f"{line}, {len(faults)} faults", flush=True)
    for fault in faults[:20]:
        print(f"FAILED: {fault}", flush=True)
    sys.exit(bool(faults))
