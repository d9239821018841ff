#!/usr/bin/env python3
"""Answers polls with bombs, endless pages, wrong statuses and everything else that is not a list; none may cause an event.

Usage: hostile_replies.py PATH-OF-ROLLCALL [WORD…]     only the attacks whose names contain one of the words
"""

import gzip, json, os, sys, zlib
from kit.raw_server import MEMORY, SLACK, as_json, endure, reply
from kit.verdict import end, side_by_side

rollcall, words = os.path.realpath(sys.argv[1]), sys.argv[2:]
LIMIT = 15  # seconds that a whole request may take
ATTACKS = {}


def fixed(name, *data, polls=3):
    """Answers the polls with these bytes in turn."""
    turn = iter(range(1 << 30))
    ATTACKS[name] = (lambda request, status, value: request.send(data[next(turn) % len(data)]), polls)


def page(name, change, polls=3):
    """Answers the polls with a changed valid page."""

    def attack(request, status, value):
        changed = change(json.loads(json.dumps(value)), request)
        return request.send(reply(200, changed if isinstance(changed, bytes) else as_json(changed)))

    ATTACKS[name] = attack, polls


def stream(name, head, piece, most, polls=2):
    """Answers with a head and then with piece after piece, as fast as the client reads them."""

    def attack(request, status, value):
        request.send(head)
        for _ in range(most // len(piece)):
            if not request.send(piece):
                break
        return False

    ATTACKS[name] = attack, polls


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MIB = b" " * (1 << 20)
GIB = 10 << 30

for status in (201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 402, 404, 405, 408, 409, 410, 418, 421, 422,
               425, 451, 500, 501, 502, 503, 504, 520, 599, 600, 999):
    bodiless = status in (204, 304)
    fixed(f"status {status}", reply(status, b"" if bodiless else b'{"participants":[]}'), polls=2)
fixed("429 without a pause", reply(429, b'{"code":20429,"message":"slow","status":429}'))
fixed("429 with a pause", reply(429, b"{}", "Retry-After: 1"))
fixed("503 with a pause that is none", reply(503, b"", "Retry-After: -1"), reply(503, b"", "Retry-After: soon"))
fixed("401 without end", reply(401, b'{"code":20003,"status":401}'), polls=2)
fixed("HTML with 404", reply(404, b"<html>no</html>"))
fixed("HTML with 200", reply(200, b"<html>hello</html>"))
fixed("JSON 404 of the list", reply(404, b'{"code":20404,"message":"no","status":404}'))
for name, body in {
    "nothing": b"", "a blank": b" ", "null": b"null", "a number": b"7", "a text": b'"participants"', "an array": b"[]",
    "an object": b"{}", "participants null": b'{"participants":null}', "participants an object": b'{"participants":{}}',
    "participants twice": b'{"participants":[],"participants":[]}', "an array not closed": b'{"participants":[',
    "more behind it": b'{"participants":[]}{}', "a comma too many": b'{"participants":[],}', "a byte order mark":
    b'\xef\xbb\xbf{"participants":[]}', "UTF-16": '{"participants":[]}'.encode("utf-16"), "NUL": b"\0" * 100,
    "invalid UTF-8": b'{"participants":[{"call_sid":"\xff\xfe"}]}', "single quotes": b"{'participants':[]}",
    "NaN": b'{"participants":[NaN]}', "a comment": b'{"participants":[/* */]}', "rows that are no objects":
    b'{"participants":[1,null,"a"]}', "100 000 brackets": b"[" * 100_000, "100 000 brackets in a list":
    b'{"participants":[' + b"[" * 100_000, "100 000 objects": b'{"a":' * 100_000, "depth 65":
    b'{"participants":' + b"[" * 65 + b"]" * 65 + b"}", "a number of a million digits": b'{"a":' + b"9" * 1_000_000,
    "a text of 8 MiB": b'{"a":"' + b"x" * (8 << 20), "a lone surrogate as a key": b'{"\\ud800":1}',
}.items():
    fixed(name, reply(200, body))
fixed("200 with an empty list", reply(200, b'{"participants":[]}'))
fixed("not HTTP", b"SSH-2.0-OpenSSH_9.2\r\n" * 4, b"HTTP/0.9\r\n\r\n", b"\x16\x03\x01\x02\x00" * 9)
fixed("a wrong status line", b"HTTP/1.1 two hundred\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n{}", b"ICY 200 OK\r\n\r\n{}")
fixed("two lengths", HEAD + b"Content-Length: 5\r\nContent-Length: 19\r\n\r\n" + b'{"participants":[]}')
fixed("a length below zero", HEAD + b"Content-Length: -1\r\n\r\n{}", HEAD + b"Content-Length: 99999999999999999999\r\n\r\n")
fixed("wrong chunks", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
      HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}", polls=2)
for encoding in ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "compress", "unheard-of"):
    bomb = gzip.compress(bytes(50 << 20)) if "gzip" in encoding else zlib.compress(bytes(50 << 20))
    fixed(f"a bomb in {encoding}", reply(200, bomb, f"Content-Encoding: {encoding}"), polls=2)
fixed("a bomb in a transfer encoding", HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50 << 20)))
fixed("a bomb in a 302", reply(302, gzip.compress(bytes(50 << 20)), "Content-Encoding: gzip", "Location: /"))
fixed("an encoding of what is not encoded", reply(200, b'{"participants":[]}', "Content-Encoding: gzip"))

stream("10 GiB announced", HEAD + b"Content-Length: %d\r\n\r\n" % GIB, MIB, GIB)
stream("10 GiB, length unknown", HEAD + b"Connection: close\r\n\r\n", MIB, GIB)
stream("10 GiB in chunks", HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + MIB + b"\r\n", GIB)
stream("10 GiB in chunks of a byte", HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 4096, GIB)
stream("10 GiB in a 302", b"HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\n\r\n", MIB, GIB)
stream("10 GiB in a 500", b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n", MIB, GIB)
stream("10 GiB in one status line", b"HTTP/1.1 200 ", b"x" * (1 << 16), GIB)
stream("10 GiB in one header line", HEAD + b"X: ", b"x" * (1 << 16), GIB)
stream("10 GiB in header lines", HEAD, b"X-Pad: x\r\n" * 1000, GIB)
stream("headers of a single kept name", HEAD, b"Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n" * 1000, GIB)
stream("10 GiB in 1xx replies", b"", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 100, GIB)
stream("10 GiB in trailers", HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: x\r\n" * 1000, GIB)
stream("10 GiB in a chunk's extension", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * (1 << 16), GIB, polls=1)
stream("an endless list of rows", HEAD + b'\r\n{"participants":[', b'{"call_sid":"a"},' * 4096, GIB)


def row(value, number, **more):
    return value["participants"][0] | dict(call_sid=f"new-{number}") | more


def with_rows(*rows):
    def change(value, request):
        value["participants"] += [row(value, 0) | more if isinstance(more, dict) else more for more in rows]
        return value

    return change


for name, rows in {
    "a row without a sid": [dict(call_sid=None)], "a row with an empty sid": [dict(call_sid="")],
    "a sid of 129 characters": [dict(call_sid="a" * 129)], "a sid of dots": [dict(call_sid="..")],
    "a sid with a slash": [dict(call_sid="../a")], "a sid with a line feed": [dict(call_sid="a\nb")],
    "a sid that is a number": [dict(call_sid=7)], "a row of another conference": [dict(conference_sid="other")],
    "muted as a text": [dict(muted="true")], "hold as a number": [dict(hold=1)], "a row that is null": [None],
    "a row that is an array": [[]],
}.items():
    page(name, with_rows(*rows))
page("20 001 rows", lambda value, _: value | dict(participants=[row(value, n) for n in range(20_001)]), polls=2)
page("a key twice", lambda value, _: as_json(value).replace(b'"muted":', b'"muted":true,"muted":', 1))


def endless(name, link, fresh=True, polls=1):
    """Full pages that always have a next page."""

    def change(value, request):
        turn = change.turn = change.turn + 1
        if fresh:
            value["participants"].append(row(value, turn))
        return value | dict(next_page_uri=request.path + "?" + link(turn), page_size=len(value["participants"]))

    change.turn = 0
    page(name, change, polls)


endless("pages without end", lambda n: f"PageToken=PA{n}", polls=64)
endless("pages that lead back", lambda n: f"PageToken=PA{n % 2}", polls=6)
endless("pages with nobody new", lambda n: f"PageToken=PA{n}", fresh=False, polls=4)


def padded(name, pages, people, size, polls):
    """Lists of `pages` pages and many people, with much unneeded data for each."""

    def change(value, request):
        number = int(request.query.rpartition("PageToken=PA")[2] or 0) if "PageToken=PA" in request.query else 0
        change.turn += 1
        value["participants"] = value["participants"] * (not number) + [
            row(value, f"{number}-{n}", conference_sid=value["participants"][0]["conference_sid"]) for n in range(people)]
        for each in value["participants"]:
            each |= dict(pad=f"{change.turn}" + "x" * size, status="ringing" if each["call_sid"][0] == "n" else each["status"])
        return value | dict(next_page_uri=f"{request.path}?PageToken=PA{number + 1}" if number + 1 < pages else None)

    change.turn = 0
    page(name, change, polls)


def one_after_the_other(name, most, polls):
    """A list of maximum length with other people each time: everyone seems to have left, so the list is read a second time."""

    def attack(request, status, value):
        number = int(request.query.partition("PageToken=PA")[2] or 0)
        attack.turn += not number
        value["participants"] = [row(value, f"{attack.turn}-{number}-{n}", pad="x" * 300_000) for n in range(4)]
        for each in value["participants"]:
            each["status"] = "ringing"
        value["next_page_uri"] = f"{request.path}?PageToken=PA{number + 1}" if number + 1 < most else None
        return request.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + as_json(value)) and False

    attack.turn = 0
    ATTACKS[name] = attack, polls


padded("one page of 8 MB, anew each time", 1, 997, 7_700, 6)
padded("20 pages of 997 people", 20, 997, 1, 40)
padded("64 pages of 4 MB", 64, 3, 1_250_000, 16)
padded("64 pages of 1 MB", 64, 1, 330_000, 128)
one_after_the_other("10 pages of strangers, 12 MB", 10, 80)
one_after_the_other("11 pages of strangers, 13 MB", 11, 55)

jobs = [(name, lambda attack=attack, polls=polls: endure(rollcall, attack, polls))
        for name, (attack, polls) in ATTACKS.items() if not words or any(word in name for word in words)]
jobs.sort(key=lambda job: not job[0].startswith("401"))  # These go first, because they take a minute.
results = side_by_side(jobs, 12)
faults = [f"{name}: {fault}" for name, result in results.items() for fault in result["faults"]]
for name, result in results.items():
    if result.get("longest", 0) > LIMIT + SLACK:
        faults.append(f"{name}: a request took {result['longest']:.1f} s")
    if words or os.environ.get("VERBOSE"):
        print(name, {key: round(value, 2) if isinstance(value, float) else value for key, value in result.items()})


def most(key):
    name = max(results, key=lambda name: results[name].get(key, 0))
    return results[name].get(key, 0), name


end(f"replies: {len(results)} attacks, {sum(result.get('attacked', 0) for result in results.values())} polls answered, "
    "0 events invented, recovery by poll %d, at most %.1f MiB of %d (%s), %.2f s CPU (%s), longest request %.1f s (%s)" % (
        most("recovery")[0], most("memory")[0], MEMORY, most("memory")[1], *most("cpu"), *most("longest")), faults)
