"""Watches a simulated conference, posts its events to real receivers, and compares what they got with the lines.

Usage: webhook_receivers.py PATH-OF-ROLLCALL
Needs PyPI standardwebhooks, svix, cloudevents, jsonschema and rfc3339-validator, and Debian's webhook.
"""

import json
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from kit.files import private
from kit.loopback import unused_port
from kit.receivers import Receiver, new_secret, wait_for, wait_until, watched
from kit.verdict import check

def verified(rollcall, home):
    secret = new_secret()
    secret_file = private(home / "secret", secret)
    receiver = Receiver(secret, {3: [503, 500], 5: [400], 7: [429]})
    run, _ = watched(rollcall, "--webhook", receiver.url, "--webhook-secret-file", str(secret_file))
    lines = [line.encode() for line in run.stdout.decode().splitlines()]
    check(run.returncode == 75, "a dead letter causes exit status 75", (run.returncode, run.stderr))
    check(b"was given up: answered 400" in run.stderr, "the dead letter is reported on standard error", run.stderr)
    delivered = [attempt for attempt in receiver.attempts if attempt[1] == 204]
    expected = [line for line in lines if json.loads(line)["sequence"] != 5]
    of = lambda sequence: [attempt[1] for attempt in receiver.attempts if attempt[0] == sequence]
    check(of(3) == [503, 500, 204] and of(7) == [429, 204], "failed attempts are retried", receiver.attempts)
    check(sorted(a[3] for a in delivered) == sorted(expected), "every verified body equals the line, byte for byte")
    lane = [json.loads(a[3]) for a in delivered if b'"conference_sid"' in a[3]]
    check(lane == sorted(lane, key=lambda event: event["sequence"]), "a conference's events arrive in order")
    ids = {json.loads(line)["sequence"]: json.loads(line)["id"] for line in lines}
    for sequence, _, headers, body in delivered:
        before = ids.get(sequence - 1) if b'"conference_sid"' in body else None
        if headers.get("rollcall-previous-id") != before:
            check(False, "each delivery names the previous event", (sequence, headers))
    check(True, "each delivery names the previous event, even if that is a dead letter")


def hooked(rollcall, home):
    """Debian's webhook runs a command for each event with a valid hub signature."""
    secret, log, port = secrets.token_hex(16), home / "muted", unused_port()
    script = home / "note"
    script.write_text(f'#!/bin/sh\necho "$1 $2" >>{log}\n')
    script.chmod(0o700)
    signed = {"type": "payload-hmac-sha256", "secret": secret, "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}
    argument = lambda name: {"source": "payload", "name": name}
    hook = {
        "id": "rollcall",
        "execute-command": str(script),
        "pass-arguments-to-command": [argument("type"), argument("call_sid")],
        "trigger-rule": {"match": signed},
        "trigger-rule-mismatch-http-response-code": 403,
    }
    hooks = home / "hooks.json"
    hooks.write_text(json.dumps([hook]))
    hub = private(home / "hub", secret)
    server = subprocess.Popen(
        ["webhook", "-hooks", str(hooks), "-ip", "127.0.0.1", "-port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        url = f"http://127.0.0.1:{port}/hooks/rollcall"
        run, _ = watched(
            rollcall, "--webhook", url, "--webhook-hub-secret-file", str(hub), "--events", "participant.muted")
        check(run.returncode == 0, "Debian's webhook accepts every event", run.stderr)
        told = [json.loads(line) for line in run.stdout.decode().splitlines()]
        wait_until(lambda: log.exists() and len(log.read_text().splitlines()) >= len(told))
        expected = [f"participant.muted {event['call_sid']}" for event in told]
        check(told and sorted(log.read_text().splitlines()) == sorted(expected), "Debian's webhook runs its command for each event of the type")
    finally:
        server.terminate()
        server.wait()


# The requirements of the CloudEvents specification and its JSON format (1.0.2), and rollcall's further promises: the names
# of attributes, only texts as their values, none of them empty, and an object as data.
CLOUD_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "sequence", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"pattern": "^evt_[0-9a-f]{16}_[0-9]{12}$"},
        "source": {"pattern": "^https?://[^/]+/api/laml/2010-04-01/Accounts/[^/]+(/Conferences/[^/]+)?$"},
        "type": {"pattern": "^rollcall\\.(participant|conference|watch)\\.[a-z_]+$"},
        "time": {"format": "date-time"},
        "sequence": {"pattern": "^[0-9]{20}$"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
    },
    "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
    "additionalProperties": {"type": "string", "minLength": 1},
}


# The schema published by the CloudEvents project, kept beside the package with other third-party test data.
PUBLISHED_SCHEMA = Path(__file__).parents[3] / "../shared/data/cloudevents/cloudevents.json"


def validators():
    schemas = [CLOUD_EVENT]
    if PUBLISHED_SCHEMA.exists():
        schemas.append(json.loads(PUBLISHED_SCHEMA.read_text()))
    else:
        print("skipped: the published schema of CloudEvents (it is not in the shared data)")
    formats = jsonschema.FormatChecker(["date-time"])
    return [jsonschema.Draft202012Validator(schema, format_checker=formats) for schema in schemas]


def clouds(rollcall, home):
    """A targets file with two targets: one gets CloudEvents, the other some of the lines, each signed with its own keys."""
    one, old, new = new_secret(), new_secret(), new_secret()
    cloud, muted = Receiver(one, {}), Receiver(new, {})
    for name, secret in [("one", one), ("old", old), ("new", new)]:
        private(home / name, secret)
    private(home / "muted-url", muted.url)
    targets = [
        {"name": "cloud", "url": cloud.url, "format": "cloudevents", "secret_files": ["one"]},
        {"name": "muted", "url_file": "muted-url", "events": ["*.muted", "*.unmuted"], "secret_files": ["new", "old"],
         "headers": {"X-Team": "night"}, "max_age": "10m"},
    ]
    private(home / "targets.json", json.dumps(targets))
    run, space = watched(rollcall, "--targets", str(home / "targets.json"))
    conference = f"{space.origin}/api/laml/2010-04-01/Accounts/{space.project}/Conferences/{space.sid}"
    check(run.returncode == 0, "two targets of a file accept their events", run.stderr)
    lines = {json.loads(line)["sequence"]: line for line in run.stdout.splitlines()}
    schemas = validators()
    for sequence, _, headers, body in cloud.attempts:
        for validator in schemas:
            validator.validate(json.loads(body))
        event = from_http_event(HTTPMessage(headers, body))  # raises if an attribute is not allowed
        line = json.loads(lines[sequence])
        facts = (event.get_id(), event.get_type(), event.get_subject(), event.get_data(), int(event.get_extension("sequence")))
        if facts != (line["id"], "rollcall." + line["type"], line.get("call_sid"), line, sequence):
            check(False, "the CloudEvent has the values of the line", facts)
        sid = line.get("conference_sid")
        if (event.get_source(), event.get_extension("partitionkey")) != (conference if sid else conference.rsplit("/", 2)[0], sid):
            check(False, "the CloudEvent's source is the conference", body)
        if not body.endswith(b',"data":' + lines[sequence] + b"}") or headers["webhook-id"] != line["id"]:
            check(False, "the CloudEvent's data equals the line, byte for byte", body)
        if headers["content-type"] != "application/cloudevents+json":
            check(False, "the CloudEvent has its content type", headers)
    check(sorted(a[0] for a in cloud.attempts) == sorted(lines), f"every line arrives as a CloudEvent that the PyPI library and {len(schemas)} schemas accept")
    expected = [line for line in lines.values() if re.search(rb'"type":"participant\.(un)?muted"', line)]
    check(expected and [a[3] for a in muted.attempts] == expected, "the other target has its own filter")
    check(all(len(a[2]["webhook-signature"].split()) == 2 and a[2]["x-team"] == "night" for a in muted.attempts),
          "the other target gets two signatures and its header")
    told = run.stderr + run.stdout
    check(muted.url.encode() not in told and one.encode() not in told, "standard error contains neither URLs nor keys")


def main():
    rollcall = sys.argv[1]
    home = Path(tempfile.mkdtemp())
    try:
        verified(rollcall, home)
        hooked(rollcall, home)
        clouds(rollcall, home)
    finally:
        shutil.rmtree(home)


main()
