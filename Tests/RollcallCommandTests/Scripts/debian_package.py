#!/usr/bin/env python3
"""Builds the Debian package, installs it on this machine, runs its service under a private systemd, and purges it.

Usage: debian_package.py PATH-OF-ROLLCALL PATH-OF-ONE-LINKED-DYNAMICALLY (as root, with the Python that has standardwebhooks)
"""

import filecmp, os, stat, subprocess, sys, tempfile
from standardwebhooks import Webhook
from kit.examples import EXAMPLES, simulated, text
from kit.loopback import Handler, serve
from kit.private_systemd import PrivateSystemd
from kit.verdict import check
from kit.waiting import until

rollcall, dynamic = (os.path.realpath(path) for path in sys.argv[1:])
SCRIPT = f"{EXAMPLES}/packaging/debian"
UNIT = "/usr/lib/systemd/system/rollcall@.service"
SERVICE = "rollcall@examples.service"
LOCK = ("-o", "DPkg::Lock::Timeout=120")  # seconds to wait for another installation
EVERYONE = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def run(*command):
    return subprocess.run(command, env=EVERYONE, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def done(*command):
    """Returns the output of a command that must succeed."""
    result = run(*command)
    if result.returncode:
        raise SystemExit(f"FAILED: {' '.join(command)}: {result.stdout}{result.stderr}")
    return result.stdout


def make(folder):
    packages = []
    for turn in ("first", "second"):
        os.mkdir(f"{folder}/{turn}")
        done(SCRIPT, "-o", f"{folder}/{turn}", rollcall)
        packages += [entry.path for entry in os.scandir(f"{folder}/{turn}")]
    package = packages[0]
    check(filecmp.cmp(*packages, shallow=False), f"equal sources give an equal {os.path.basename(package)}")
    refused = run(SCRIPT, "-o", folder, dynamic)
    check(refused.returncode == 1 and "--static-swift-stdlib" in refused.stderr, "a binary that needs Swift's libraries is rejected",
          refused.stderr)
    print(done("lintian", "--allow-root", "--fail-on", "error,warning", package), end="")
    check(True, "lintian reports no errors and no warnings")
    depends = {names.split(" (")[0] for names in done("dpkg-deb", "--field", package, "Depends").strip().split(", ")}
    check(depends >= {"libc6", "libsqlite3-0", "libcurl4t64"}, "the dependencies are read from the binary", depends)
    return package


def installed(package):
    done("apt-get", "install", "-qq", *LOCK, "--no-install-recommends", package)
    version = done("dpkg-deb", "--field", package, "Version").strip()
    check(done("/usr/bin/rollcall", "version") == f"rollcall {version.split('-')[0]}\n", "the installed command runs")
    check("libswift" not in done("ldd", "/usr/bin/rollcall"), "the installed command needs no library of Swift")
    check("rollcall watch" in done("man", "rollcall"), "man finds rollcall's page")
    check("_rollcall" in done("bash", "-c", ". /usr/share/bash-completion/completions/rollcall; complete -p rollcall"),
          "bash completes it")
    check(done("zsh", "-fc", "autoload -U compinit; compinit -uD; echo $_comps[rollcall]") == "_rollcall\n", "zsh completes rollcall")
    with tempfile.TemporaryDirectory() as folder:
        # fish writes into its home.
        check("watch" in done("env", f"HOME={folder}", "fish", "-c", "complete -C 'rollcall wat'"), "fish completes rollcall")
        done("cp", UNIT, f"{folder}/{SERVICE}")
        check(not run("systemd-analyze", "verify", f"{folder}/{SERVICE}").stderr, "systemd accepts the unit")
    return [path for path in done("dpkg", "--listfiles", "rollcall").splitlines() if not os.path.isdir(path)]


def served(folder):
    """Runs the unchanged unit, with its sandbox, from start to stop."""
    secret = done(rollcall, "secret").strip()
    taken = []

    class Receiver(Handler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(Webhook(secret).verify(body, dict(self.headers)))
            self.answer(204)

    receiver = serve(Receiver)
    kinds = lambda: [event["type"] for event in taken]
    with simulated(rollcall, ["agent", "caller"]) as space:
        systemd = PrivateSystemd(UNIT, folder)
        account = f"SIGNALWIRE_SPACE={space.origin}\nSIGNALWIRE_PROJECT_ID={space.project}\n"
        for name, content in (("environment", account), ("token", space.token), ("secret", secret),
                              ("webhook", f"http://127.0.0.1:{receiver.server_port}/")):
            with open(os.open(f"{systemd.etc}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(content)
        with systemd:
            started = systemd.control("start", SERVICE)
            check(started.returncode == 0, "the service starts and reports that it is ready", started.stderr + systemd.told())
            status = systemd.show(SERVICE, "StatusText")
            check(status.startswith("1 conference"), "systemctl status shows what the service watches", status)
            check(until(lambda: "watch.started" in kinds()), "the service posts signed events", kinds())
            process = text(f"{systemd.path('/proc')}/{systemd.show(SERVICE, 'MainPID')}/status")
            confined = dict(line.split(":\t", 1) for line in process.splitlines())
            check((confined["Seccomp"], confined["NoNewPrivs"], int(confined["CapEff"], 16)) == ("2", "1", 0)
                  and "0" not in confined["Uid"].split(), "it is confined, and not root", process)
            check(systemd.control("reload", SERVICE).returncode == 0, "the service can be reloaded")
            space.change(space.people[0], Muted="true")
            check(until(lambda: "participant.muted" in kinds()), "the service posts a change", kinds())
            check(systemd.control("restart", SERVICE).returncode == 0, "the service can be restarted", systemd.told())
            check(until(lambda: "watch.resumed" in kinds()), "the restarted service continues where it was", kinds())
            check([event["sequence"] for event in taken] == list(range(1, len(taken) + 1)), "every event arrived once, in order")
            check(systemd.control("stop", SERVICE).returncode == 0 and systemd.show(SERVICE, "Result") == "success",
                  "it ends well", systemd.told())
            state = os.stat(systemd.path("/var/lib/private/rollcall/examples.db"))
            check(stat.S_IMODE(state.st_mode) == 0o600, "only the service can read its state file", oct(state.st_mode))


def removed(package, files):
    with open("/etc/rollcall/environment", "a") as file:
        file.write("# an administrator's line\n")
    with open("/etc/rollcall/token", "w") as file:
        file.write("a token")
    done("apt-get", "install", "-qq", *LOCK, "--no-install-recommends", "--reinstall", package)
    check("administrator" in text("/etc/rollcall/environment"), "an upgrade keeps the configuration")
    done("apt-get", "remove", "-qq", *LOCK, "rollcall")
    check(text("/etc/rollcall/token") and not os.path.exists("/usr/bin/rollcall"), "removal keeps the configuration and deletes the command")
    done("apt-get", "purge", "-qq", *LOCK, "rollcall")
    left = [path for path in [*files, "/etc/rollcall", "/usr/share/doc/rollcall"] if os.path.lexists(path)]
    check(not left, "purging leaves nothing behind", left)


check(os.geteuid() == 0, "the script runs as root, as installing packages requires")
if os.environ.get("CI"):
    run("apt-get", "purge", "-qq", *LOCK, "rollcall")  # what a killed run left
check(run("dpkg-query", "--show", "rollcall").returncode != 0, "no installed rollcall would be lost")
with tempfile.TemporaryDirectory() as work:
    made = make(work)
    try:
        listed = installed(made)
        served(f"{work}/systemd")
        removed(made, listed)
    finally:
        run("apt-get", "purge", "-qq", *LOCK, "rollcall")
