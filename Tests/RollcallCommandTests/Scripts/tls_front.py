#!/usr/bin/env python3
"""Runs a TLS and HTTP/2 server in front of a plain HTTP server on loopback, until standard input ends.

Usage: tls_front.py PORT

The first line on standard output is the path of the CA and three ports: of replies with ETag and gzip, with gzip alone, and
with gzip whose bytes differ each time. Exits with 69 if nginx or openssl is not installed.
"""

import shutil, signal, sys, tempfile
from pathlib import Path
from kit.authority import NAMES, Authority
from kit.nginx import Proxy


def main():
    missing = [tool for tool in ("nginx", "openssl") if not shutil.which(tool)]
    if missing:
        print(f"tls_front: not installed: {', '.join(missing)}", file=sys.stderr)
        return 69
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    home = Path(tempfile.mkdtemp())
    # nginx's workers drop their privileges.
    home.chmod(0o755)
    front = None
    try:
        authority = Authority(str(home))
        authority.sign("server", NAMES)
        front = Proxy(home, f"{home}/server.pem", f"{home}/server.key", int(sys.argv[1]))
        print(home / "ca.pem", *(front.ports[way] for way in ("tags", "gzip", "varied")), flush=True)
        sys.stdin.read()
    finally:
        if front:
            front.stop()
        shutil.rmtree(home)


sys.exit(main())
