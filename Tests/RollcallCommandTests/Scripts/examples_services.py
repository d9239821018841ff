#!/usr/bin/env python3
"""Checks the files for systemd, Kubernetes, containers and cron with the tools that know their forms.

Usage: examples_services.py PATH-OF-ROLLCALL (with the Python that has PyYAML, dockerfile-parse and kubernetes-validate)
"""

import io, json, os, re, shlex, subprocess, sys, tempfile
import kubernetes_validate, yaml
from dockerfile_parse import DockerfileParser
from kit.examples import EXAMPLES, simulated, text
from kit.loopback import unused_port
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
KUBERNETES = ("1.28", kubernetes_validate.latest_version())  # the first that labels pods with their index, and the latest
EXPOSURE = 20  # in tenths, on systemd's scale from 0 to 10
known = subprocess.run([rollcall, "help", "watch"], capture_output=True, text=True).stdout


def has_options(where, body):
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", re.sub(r"(?m)^#.*", "", body)))
    check(options and all(f" {option} " in known for option in options), f"{where}: rollcall knows all options", options)


def service():
    unit = text(f"{EXAMPLES}/systemd/rollcall@.service")
    has_options("systemd", unit)
    with tempfile.TemporaryDirectory() as folder:
        instance = f"{folder}/rollcall@support.service"
        with open(instance, "w") as file:
            file.write(unit.replace("ExecStart=rollcall", f"ExecStart={rollcall}"))
        run = subprocess.run(["systemd-analyze", "verify", instance], capture_output=True, text=True)
        check(run.returncode == 0 and not run.stderr.strip(), "systemd accepts the unit", run.stderr)
        run = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", instance],
                             capture_output=True, text=True)
        check(run.returncode == 0, run.stdout.splitlines()[-1].strip("→ "), run.stdout)


def kubernetes():
    with open(f"{EXAMPLES}/kubernetes/rollcall.yaml") as file:
        documents = list(yaml.safe_load_all(file))
    check([one["kind"] for one in documents] == ["Service", "StatefulSet"], "Kubernetes: the file has a service and a stateful set")
    has_options("kubernetes", str(documents))
    for document in documents:
        for version in KUBERNETES:
            # Raises if a field is missing, unknown or of the wrong type.
            kubernetes_validate.validate(document, version, strict=True)
            check(True, f"Kubernetes {version} accepts the {document['kind']}")
    return documents[1]["spec"]["template"]["spec"]


def container(pod):
    parser = DockerfileParser(fileobj=io.BytesIO(text(f"{EXAMPLES}/packaging/Containerfile").encode()))
    steps = [(step["instruction"], step["value"]) for step in parser.structure if step["instruction"] != "COMMENT"]
    check(len(parser.parent_images) == 2 and steps[0][1].endswith(" AS build"), "Containerfile: it has two stages", steps)
    built, last = steps[:steps.index(("FROM", parser.parent_images[1]))], dict(steps)
    check("--static-swift-stdlib" in dict(built)["RUN"], "Containerfile: the first stage links Swift's runtime statically")
    copied = [value.split() for name, value in built if name == "COPY"]
    root = os.path.dirname(EXAMPLES)
    check(copied and all(os.path.exists(f"{root}/{words[0]}") for words in copied), "Containerfile: all copied files exist",
          copied)
    settings = pod["securityContext"]
    check(last["USER"] == f"{settings['runAsUser']}:{settings['fsGroup']}", "Containerfile: it has the same user as the pods")
    [image] = pod["containers"]
    paths = [mount["mountPath"] for mount in image["volumeMounts"]]
    check(last["VOLUME"] in paths and int(last["EXPOSE"]) == image["ports"][0]["containerPort"],
          "Containerfile: it has the same volume and port as the pods")
    check(json.loads(last["ENTRYPOINT"]) == ["/usr/bin/rollcall"], "Containerfile: it runs rollcall")
    has_options("Containerfile", last["CMD"])
    health = last["HEALTHCHECK"]
    port = str(unused_port())
    own = lambda words: [word.replace(last["EXPOSE"], port) for word in json.loads(words)]
    return own(health[health.index("["):]), own(last["CMD"])


def health(probe, command):
    """Runs the container's own command and probe, before and while the watch runs."""
    ask = lambda: subprocess.run(probe, capture_output=True).returncode
    check(ask() != 0, "Containerfile: the probe fails if nothing listens")
    with tempfile.TemporaryDirectory() as folder, simulated(rollcall, ["agent", "caller"]) as space:
        watch = subprocess.Popen([rollcall, *command], env=space.environment | dict(ROLLCALL_STATE=f"{folder}/state.db"),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        healthy = until(lambda: ask() == 0)
        watch.terminate()
        check(healthy and watch.wait(60) == 0, "Containerfile: the probe succeeds while the watch runs", watch.stderr.read())


def cron():
    """Runs the job as cron does: with sh and only the variables of the file."""
    has_options("cron", text(f"{EXAMPLES}/cron/rollcall"))
    with tempfile.TemporaryDirectory() as folder, simulated(
            rollcall, ["agent", "caller"], [dict(at_ms=1000, who="coach", do="join")], name="support") as space:
        lines = [line for line in text(f"{EXAMPLES}/cron/rollcall").splitlines() if line and not line.startswith("#")]
        variables = dict(line.split("=", 1) for line in lines[:-1])
        command = lines[-1].split(None, 6)[6]
        with open(f"{folder}/token", "w") as file:
            file.write(space.token)
        os.chmod(f"{folder}/token", 0o600)
        variables |= dict(SIGNALWIRE_SPACE=space.origin, STATE=f"{folder}/state.db", OPTIONS=f"--token-file {folder}/token",
                          SIGNALWIRE_PROJECT_ID=space.project,
                          PATH=f"{os.path.dirname(rollcall)}:{os.environ['PATH']}")
        out = f"{folder}/out.ndjson"
        job = command.replace("/var/log/rollcall.ndjson", shlex.quote(out))
        run = lambda: subprocess.run(["sh", "-c", job], env=variables, capture_output=True, text=True)
        check(run().returncode == 0 and '"type":"watch.started"' in text(out), "cron: the first run emits a baseline", text(out))
        joined = lambda: run().returncode == 0 and '"type":"participant.joined"' in text(out)
        check(until(joined), "cron: a later run emits what has changed", text(out))


service()
health(*container(kubernetes()))
cron()
