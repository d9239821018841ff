"""A wall clock that can be moved for one process while it runs. Needs a C compiler."""

import mmap, shutil, struct, subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class MovedClock:
    """`wrapper` goes before a command, whose wall clock is `offset` seconds ahead of this machine's."""

    def __init__(self, folder):
        library, file = folder / "moved_clock.so", folder / "moved_clock"
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))))
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        file.write_bytes(bytes(8))
        with open(file, "r+b") as opened:
            self.page = mmap.mmap(opened.fileno(), 8)
        self.offset = 0
        self.wrapper = ["env", f"LD_PRELOAD={library}", f"MOVED_CLOCK={file}"]

    @staticmethod
    def is_possible():
        return any(map(shutil.which, ("cc", "gcc", "clang")))

    def move(self, seconds):
        self.offset += seconds
        self.page[:] = struct.pack("=q", self.offset)
