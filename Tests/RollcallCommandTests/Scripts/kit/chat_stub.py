"""Chat services that accept messages by webhook and enforce the documented rules of the real ones.

Needs PyPI slack_sdk. A message that a real service would refuse, cut, split or read as markup is a fault.
"""

import html, json, re, time
from urllib.parse import parse_qs, urlsplit

from slack_sdk.models.blocks import Block

from kit.loopback import Handler, serve

MENTIONS = re.compile(r"(?<!\w)@\w")
ESCAPED = re.compile(r"\\[^0-9A-Za-z\s]")
CARD = "application/vnd.microsoft.card.adaptive"


def shown(text):
    """Returns a Markdown message as people see it; only the name in its heading may be bold."""
    heading, *lines = text.split("\n")
    name, rest = re.fullmatch(r"\*\*(.*)\*\*( · .*)", heading).groups()
    return ESCAPED.sub(lambda mark: mark[0][1], "\n".join([name + rest, *lines]))


class ChatStub:
    """One webhook of a service. `answers` come first, each a (status, headers, body); None is the usual answer."""

    limit = 2 << 20

    def __init__(self, answers=()):
        self.answers, self.messages, self.faults, self.moments = list(answers), [], [], []
        self.refused = 0
        stub = self

        class Posted(Handler):
            def do_POST(self):
                moment = time.monotonic()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, reply = stub.take(self, body, moment)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

        self.server = serve(Posted)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{self.path}"

    def fault(self, text):
        self.faults.append(f"{type(self).__name__}: {text}")

    def take(self, request, body, moment):
        if any(name.lower().startswith(("webhook-", "rollcall-", "x-hub-")) for name in request.headers):
            self.fault("the message has headers of signed webhooks")
        if request.headers["Content-Type"] != "application/json":
            self.fault(f"the message has the content type {request.headers['Content-Type']}")
        if self.moments and moment - self.moments[-1] < 1:
            self.fault(f"two messages came within {moment - self.moments[-1]:.3f} s")
        self.moments.append(moment)
        if len(body) > self.limit:
            return 413, {}, b"too large"
        try:
            text = self.read(json.loads(body.decode()), parse_qs(urlsplit(request.path).query))
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            self.fault(f"{error!r} in {body[:300]!r}")
            return 400, {}, b"invalid_payload"
        if answer := self.answers.pop(0) if self.answers else None:
            self.refused += 1
            return answer
        self.messages.append(text)
        return self.success

    @property
    def lines(self):
        return [line for message in self.messages for line in message.split("\n")[1:]]


class Slack(ChatStub):
    path, success = "/services/T0/B0/x", (200, {}, b"ok")

    def read(self, value, query):
        assert set(value) <= {"text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"}, "unknown keys"
        blocks = Block.parse_all(value["blocks"])
        for block in blocks:
            block.to_dict()  # raises if a limit of Slack is exceeded
        assert 1 <= len(blocks) <= 50 and len(value["text"]) <= 4000
        text = blocks[0].text.text
        assert blocks[0].text.type == "plain_text" and text == value["text"]
        assert not re.search(r"[<>]|&(?!(amp|lt|gt);)", text), "markup is not escaped"
        return html.unescape(text)


class Discord(ChatStub):
    path = "/api/webhooks/1/x?thread_id=7"
    success = 200, {"Content-Type": "application/json"}, b'{"id":"1","type":0}'

    def read(self, value, query):
        assert query == {"thread_id": ["7"], "wait": ["true"]}, f"asked with {query}"
        assert value["allowed_mentions"] == {"parse": []} and value["flags"] == 4
        text = value["content"]
        assert 1 <= len(text) <= 2000, "the length is outside Discord's limits"
        heading, *lines = text.split("\n")
        for line in lines:
            assert not re.search(r"[*_~`|<>@#\[\]:/]", ESCAPED.sub("", line)), f"markup in {line!r}"
        return shown(text)


class Mattermost(ChatStub):
    path, success = "/hooks/x", (200, {}, b"ok")

    def read(self, value, query):
        text = value["text"]
        assert set(value) == {"text"} and 1 <= len(text) <= 16383
        assert not MENTIONS.search(text), f"a mention in {text!r}"
        assert "<" not in text, "one of Slack's mentions or links is not escaped"
        for line in text.split("\n")[1:]:
            assert not re.search(r"[*_`|\[\]]|:\w+:|://|#\w|~\w", ESCAPED.sub("", line)), f"markup in {line!r}"
        return html.unescape(shown(text).replace("\u200b", ""))


class Teams(ChatStub):
    path, success, limit = "/workflows/x", (202, {}, b""), 28_000

    def read(self, value, query):
        assert value["type"] == "message" and len(value["attachments"]) == 1
        attachment = value["attachments"][0]
        assert attachment["contentType"] == CARD and attachment["contentUrl"] is None
        card = attachment["content"]
        assert card["type"] == "AdaptiveCard" and card["version"] == "1.2"
        lines = []
        for block in card["body"]:
            assert block["type"] == "RichTextBlock", "Markdown would be interpreted"
            assert all(run["type"] == "TextRun" and run["text"] for run in block["inlines"])
            lines.append("".join(run["text"] for run in block["inlines"]))
        assert not any("{{" in line or "\n" in line for line in lines)
        return "\n".join(lines).replace("\u200b", "")
