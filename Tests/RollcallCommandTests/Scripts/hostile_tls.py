#!/usr/bin/env python3
"""Checks which certificates and versions of TLS are rejected and which are accepted, for the space and for a webhook.

Usage: hostile_tls.py PATH-OF-ROLLCALL
Needs openssl.
"""

import os, socket, ssl, sys, tempfile, threading, warnings
from kit.authority import NAMES, Authority
from kit.command_run import Run, run
from kit.raw_server import HostileSpace, RawServer, reply
from kit.verdict import end, side_by_side

rollcall = os.path.realpath(sys.argv[1])
warnings.simplefilter("ignore", DeprecationWarning)  # old versions are tested on purpose


def can_serve(context):
    """Whether the local TLS library still supports this configuration, so that a client that accepts anything can connect."""
    server = RawServer(lambda request: request.send(reply(200)), context)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    try:
        with client.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 5)) as connection:
            return connection.version()
    except OSError:
        return None


# The error for each rejected case, and its remedy.
UNKNOWN = ("from a CA that is not trusted", "--ca-file")
OTHER_NAME = ("for another host name", "check the host name")
NOT_NOW = ("not valid now", "check this machine's clock")
REASONS = {"without the CA file": UNKNOWN, "self-signed": UNKNOWN, "another authority": UNKNOWN, "wrong name": OTHER_NAME,
           "wildcards": OTHER_NAME, "a name with NUL": OTHER_NAME, "expired": NOT_NOW, "not yet valid": NOT_NOW}


def attempt(authority, context, accepted, arguments, host="127.0.0.1", reasons=()):
    """Lists from a space, and posts to a webhook, with this TLS configuration."""
    faults, space = [], HostileSpace(people=2, context=context)
    hook = RawServer(lambda request: request.send(reply(204)), context)
    origin, url = f"https://{host}:{space.port}", f"https://{host}:{hook.port}/hook"
    listed = run(rollcall, ["list", space.sid, *arguments], origin=origin)
    if (listed.code, len(listed.lines)) != ((0, 2) if accepted else (69, 0)):
        faults.append(f"list: exit {listed.code}, {len(listed.lines)} lines: {listed.errors}")
    if not accepted and f"no trusted TLS connection to {host} port {space.port}" not in listed.errors[0]:
        faults.append(f"list says {listed.errors}")
    for reason in reasons:
        if reason not in listed.errors[0]:
            faults.append(f"list: expected {reason!r}, got {listed.errors}")
    checked = run(rollcall, ["check", "--webhook", url, *arguments], origin=origin)
    if checked.code != (0 if accepted else 69):
        faults.append(f"check: exit {checked.code}: {bytes(checked.out)}")
    plain = HostileSpace(people=2)
    watch = run(rollcall, ["watch", plain.sid, "--once", "--webhook", url, *arguments], origin=plain.origin) if accepted else None
    if watch and (watch.code, len(hook.requests)) != (0, 5):
        faults.append(f"watch: exit {watch.code}, {len(hook.requests)} posts: {watch.errors}")
    if not accepted and (space.requests or hook.requests):
        faults.append(f"expected no request, got {len(space.requests)} requests and {len(hook.requests)} posts")
    if not accepted and not any(b"rusted" in line or b"TLS" in line for line in checked.lines):
        faults.append(f"check says {bytes(checked.out)}")
    return dict(faults=faults)


def refused_watch(context, arguments):
    """An untrusted webhook gets nothing, and does not delay standard output."""
    space = HostileSpace(people=2)
    hook = RawServer(lambda request: request.send(reply(204)), context)
    watch = Run(rollcall, ["watch", space.sid, "--webhook", f"https://127.0.0.1:{hook.port}/hook", *arguments], origin=space.origin)
    watch.until(lambda watch: any("TLS" in line for line in watch.errors))
    code = watch.stop()
    faults = [] if code == 75 and not hook.requests else [f"exit {code}, {len(hook.requests)} posts: {watch.errors}"]
    if "watch.started" not in watch.types or not any("no trusted TLS connection" in line for line in watch.errors):
        faults.append(f"{watch.types}, {watch.errors}")
    return dict(faults=faults)


def demanding(authority, trusted):
    """A server demands a certificate from the client, which has none."""
    results = {}
    for version, words in ((ssl.TLSVersion.TLSv1_3, ("requires a client certificate",)),
                           (ssl.TLSVersion.TLSv1_2, ("require a client certificate",))):
        context = authority.server("good", version)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(f"{authority.folder}/ca.pem")
        space = HostileSpace(people=1, context=context)
        listed = run(rollcall, ["list", space.sid, *trusted], origin=space.origin)
        faults = [] if listed.code == 69 else [f"exit {listed.code}"]
        # The connection's reset may overtake the TLS alert.
        if not all(word in listed.errors[0] for word in words) and "broke" not in listed.errors[0]:
            faults.append(f"list says {listed.errors}")
        results[f"a certificate demanded, {version.name}"] = dict(faults=faults)
    return results


def answer_plainly(server):
    """Answers everything in plain HTTP, like a server for which a TLS greeting is a malformed request."""
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def named_by_environment(authority):
    """SSL_CERT_FILE adds a CA, and an error names an unusable file."""
    faults, space = [], HostileSpace(people=2, context=authority.server("good"))
    for path, code in ((f"{authority.folder}/ca.pem", 0), (f"{authority.folder}/none.pem", 78), (f"{authority.folder}/good.key", 78)):
        listed = run(rollcall, ["list", space.sid], origin=space.origin, wrapper=["env", f"SSL_CERT_FILE={path}"])
        if listed.code != code or code and "SSL_CERT_FILE" not in listed.errors[0]:
            faults.append(f"exit {listed.code}: {listed.errors}")
    return dict(faults=faults)


def main():
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        trusted = ["--ca-file", f"{folder}/ca.pem"]
        sign = authority.sign
        sign("good", NAMES)
        authority.own("self-signed", "/CN=127.0.0.1", NAMES)
        sign("wrong name", "subjectAltName=DNS:example.org,IP:127.0.0.2")
        sign("only a common name", subject="/CN=localhost")
        sign("wildcards", "subjectAltName=DNS:*,DNS:*.0.0.1,DNS:local*")
        sign("a name with NUL", "subjectAltName=DNS:example.org", subject="/CN=localhost.example.org")
        sign("expired", NAMES, start="20200101000000Z", stop="20200201000000Z")
        sign("not yet valid", NAMES, start="20700101000000Z", stop="20710101000000Z")
        sign("another authority", NAMES, by="stranger")
        sign("short", NAMES, bits="1024")
        sign("leaf", "basicConstraints=critical,CA:FALSE", NAMES)
        sign("signed by a leaf", NAMES, by="leaf")
        sign("for clients only", NAMES, "extendedKeyUsage=clientAuth")
        jobs = [("a good one", lambda: attempt(authority, authority.server("good"), True, trusted)),
                ("a good one, by name", lambda: attempt(authority, authority.server("good"), True, trusted, "localhost")),
                ("TLS 1.2", lambda: attempt(authority, authority.server("good", ssl.TLSVersion.TLSv1_2), True, trusted)),
                ("TLS 1.3", lambda: attempt(authority, authority.server("good", ssl.TLSVersion.TLSv1_3), True, trusted)),
                ("without the CA file", lambda: attempt(
                    authority, authority.server("good"), False, [], reasons=UNKNOWN)),
                ("a webhook without the CA file", lambda: refused_watch(authority.server("good"), [])),
                ("a webhook that has expired", lambda: refused_watch(authority.server("expired"), trusted)),
                ("ciphers without authentication", lambda: attempt(
                    authority, authority.server("good", ciphers="aNULL:@SECLEVEL=0"), False, trusted))]
        for name in ("self-signed", "wrong name", "expired", "not yet valid", "another authority", "short", "signed by a leaf",
                     "for clients only"):
            jobs.append((name, lambda name=name: attempt(
                authority, authority.server(name, weak=name == "short"), False, trusted, reasons=REASONS.get(name, ()))))
        for name in ("only a common name", "wildcards", "a name with NUL"):
            jobs.append((name, lambda name=name: attempt(
                authority, authority.server(name), name == "only a common name", trusted, "localhost", REASONS.get(name, ()))))
        skipped = []
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            name = f"old protocol {version.name}"
            if can_serve(authority.server("good", version)) is None:
                skipped.append(name)
            else:
                jobs.append((name, lambda version=version: attempt(authority, authority.server("good", version), False, trusted)))
        results = side_by_side(jobs, 4)
        # A server that does not speak TLS at all.
        plain = HostileSpace(people=1)
        results["no TLS"] = dict(faults=[])
        listed = run(rollcall, ["list", plain.sid], origin=f"https://127.0.0.1:{plain.port}")
        if listed.code != 69 or any(b"uthorization" in request.head for request in plain.requests):
            results["no TLS"]["faults"].append(f"exit {listed.code}: {listed.errors}")
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=answer_plainly, args=(server,), daemon=True).start()
            listed = run(rollcall, ["list", plain.sid], origin=f"https://127.0.0.1:{server.getsockname()[1]}")
        if listed.code != 69 or "does not speak TLS; check the port" not in listed.errors[0]:
            results["no TLS"]["faults"].append(f"exit {listed.code}: {listed.errors}")
        results |= demanding(authority, trusted)
        results["SSL_CERT_FILE"] = named_by_environment(authority)
        for path, what in ((f"{folder}/none.pem", "absent"), (f"{folder}/good.key", "a key"), (folder, "a folder")):
            listed = run(rollcall, ["list", plain.sid, "--ca-file", path], origin=plain.origin)
            results[f"a CA file that is {what}"] = dict(faults=[] if listed.code == 78 else [f"exit {listed.code}"])
    accepted = 6
    for name in skipped:
        print(f"skipped: {name} (the local TLS library does not support it)")
    faults = [f"{name}: {fault}" for name, result in results.items() for fault in result["faults"]]
    end(f"TLS: {len(results)} cases, {accepted} accepted by --ca-file, {len(results) - accepted} rejected, {len(skipped)} skipped", faults)


main()
