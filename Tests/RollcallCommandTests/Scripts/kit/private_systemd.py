"""A private systemd, run as root for one unit: it sees neither the machine's units nor its changing files.

Standard library only.
"""

import contextlib, os, subprocess
from kit.waiting import until

# Everything that systemd would start, clean up or write to is hidden behind an empty file system, above all /tmp and the units.
HIDDEN = ("/tmp", "/var", "/etc/systemd", "/usr/lib/systemd/system", "/usr/lib/systemd/system-generators",
          "/usr/lib/systemd/system-preset", "/usr/lib/tmpfiles.d", "/usr/lib/sysctl.d", "/usr/lib/sysusers.d")
# Units that others depend on implicitly exist, but are empty.
TARGETS = ("alone", "sysinit", "basic", "shutdown", "network-online")
BOOT = """
set -eu
echo $$ >"$GROUP/cgroup.procs"
exec unshare --cgroup bash -euc '
  mount -t tmpfs tmpfs /run
  mkdir /run/stage
  mount --bind "$STAGE" /run/stage
  for path in $HIDDEN; do
    [ ! -d $path ] || mount -t tmpfs tmpfs $path
    [ ! -d $path ] || [ -z "$(ls -A $path)" ]
  done
  mkdir -p /etc/systemd/system /var/lib
  mount --bind /run/stage/etc /etc/rollcall
  mount --bind /run/stage/log /dev/console
  mount --bind /proc/sys /proc/sys
  mount -o remount,bind,ro /proc/sys
  cp -r /run/stage/units/* /etc/systemd/system/
  if [ -d /sys/fs/cgroup/systemd ]; then
    mount -t tmpfs tmpfs /sys/fs/cgroup
    mkdir /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
  else
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
  fi
  # Among themselves, as systemd expects it: the mounts of a credential reach the service so.
  mount --make-rshared /
  export container=other
  exec /usr/lib/systemd/systemd --system --unit=alone.target --log-target=console --show-status=no
'
"""


class PrivateSystemd:
    """Runs until the block ends. Its folder `etc` takes the place of /etc/rollcall."""

    def __init__(self, unit, stage):
        self.stage, self.etc = stage, f"{stage}/etc"
        os.makedirs(f"{stage}/units")
        os.mkdir(self.etc)
        for name in TARGETS:
            with open(f"{stage}/units/{name}.target", "w") as file:
                file.write(f"[Unit]\nDescription={name}\nDefaultDependencies=no\n")
        with open(f"{stage}/units/{os.path.basename(unit)}", "w") as file, open(unit) as original:
            file.write(original.read())
        root = "/sys/fs/cgroup/systemd" if os.path.isdir("/sys/fs/cgroup/systemd") else "/sys/fs/cgroup"
        self.group = f"{root}/rollcall-check-{os.getpid()}"

    def __enter__(self):
        os.mkdir(self.group)
        variables = dict(PATH=os.environ["PATH"], GROUP=self.group, STAGE=self.stage, HIDDEN=" ".join(HIDDEN))
        self.log = open(f"{self.stage}/log", "w+b")
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--uts", "--propagation", "private",
             "bash", "-c", BOOT], env=variables, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        up = lambda: self.process.poll() is not None or self.control("is-active", "alone.target").returncode == 0
        if not until(up) or self.process.poll() is not None:
            self.__exit__()
            raise SystemExit(f"FAILED: systemd did not start: {self.told()}")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

        def removed():
            with contextlib.suppress(OSError):
                for folder, _, _ in os.walk(self.group, topdown=False):
                    os.rmdir(folder)
            return not os.path.exists(self.group)

        until(removed)

    def told(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    @property
    def pid(self):
        with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return children.read().strip()

    def control(self, *words):
        """Returns the output of systemctl."""
        enter = ["nsenter", "--target", self.pid or "1", "--pid", "--mount"]
        if not self.pid:
            return subprocess.CompletedProcess(words, 1, "", "")
        return subprocess.run([*enter, "systemctl", *words], capture_output=True, text=True)

    def show(self, unit, name):
        return self.control("show", "--value", "--property", name, unit).stdout.strip()

    def path(self, path):
        """Returns the path of one of its files, as seen from outside."""
        return f"/proc/{self.pid}/root{path}"
