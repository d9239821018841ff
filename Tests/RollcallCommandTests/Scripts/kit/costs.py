"""What a running process costs. Standard library only."""

import os


def cpu_time(pid):
    """Returns the CPU time so far, in seconds."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, field):
    """Returns a size from the process's status in KiB, such as `VmRSS`."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(f"{field}:"))


def descriptors(pid):
    return {int(number) for number in os.listdir(f"/proc/{pid}/fd")}
