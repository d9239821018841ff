"""Disks in memory that are soon full. Standard library only."""

import os, subprocess

LITTLE = 64 << 10  # bytes
TRIES = 10


def small_disk(folder, size):
    """Mounts a disk of this size; None if this process may not mount one."""
    disk = f"{folder}/disk"
    os.mkdir(disk)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]
    return None if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode else disk


def resize(disk, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def unmount(disk):
    subprocess.run(["umount", "-l", disk])


def fill(disk):
    """Takes away all room but a little."""
    for _ in range(TRIES):
        sizes = os.statvfs(disk)
        try:
            return resize(disk, (sizes.f_blocks - sizes.f_bfree) * sizes.f_frsize + LITTLE)
        except subprocess.CalledProcessError:
            pass  # meanwhile more was written than that
    raise SystemExit("FAILED: the disk cannot be made smaller")
