"""A peer on loopback that speaks the Graph API's shapes and enforces its limits.

After the public documentation (messages, media, error codes, pair rate limits) and the payloads of
`meta_out__*.json`. Knows nothing of our own code. A test may script what happens to the next calls.
"""

import asyncio
import itertools
import time
from collections import deque

from aiohttp import web

TOKEN = "a-token-for-the-peer"
NUMBER = "1122334455667"
VERSION = "v25.0"
PNG = b"\x89PNG\r\n\x1a\n"
TEXTS = {
    100: "Invalid parameter",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132001: "Template name does not exist in the translation",
}


class Refusal(Exception):
    """The peer does not take this."""

    def __init__(self, code, details, status=400):
        super().__init__(details)
        self.code, self.details, self.status = code, details, status

    def answer(self):
        text = f"(#{self.code}) {TEXTS.get(self.code, self.details)}"
        error = {
            "message": text,
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW",
        }
        return web.json_response({"error": error}, status=self.status)


def units(text):
    """Characters as JavaScript and Java count them: the strictest reading of "characters"."""
    return len(text.encode("utf-16-le")) // 2


def need(condition, details, code=131009):
    if not condition:
        raise Refusal(code, details)


def check_text(value, most, name):
    need(isinstance(value, str) and value.strip(), f"{name} is required", 131008)
    need(units(value) <= most, f"{name} length invalid. Min length: 1, Max length: {most}", 100)


def check_unique(values, name):
    need(len(set(values)) == len(values), f"Duplicated {name}")


def check(body, media=(), templates=()):
    """Raises Refusal for a message that Meta would refuse, whoever it is for."""
    need(body.get("messaging_product") == "whatsapp", "messaging_product", 100)
    need(body.get("recipient_type", "individual") == "individual", "recipient_type", 100)
    to, recipient = body.get("to"), body.get("recipient")
    need(to or recipient, "The parameter to is required.", 100)
    need(not to or (to.isascii() and to.isdigit() and 7 <= len(to) <= 15), "to is no number")
    key = body.get("biz_opaque_callback_data", "")
    need(isinstance(key, str) and len(key.encode()) <= 512, "biz_opaque_callback_data")
    known = {"text", "interactive", "image", "template"}
    need(body.get("type") in known, "type is not supported", 131051)
    need(set(body) & known == {body["type"]}, "one object, named by type", 100)
    {"text": check_body, "interactive": check_interactive}.get(body["type"], lambda _: None)(body)
    if body["type"] == "image":
        check_image(body["image"], media)
    if body["type"] == "template":
        check_template(body["template"], templates)


def check_body(body):
    need(set(body["text"]) <= {"body", "preview_url"}, "unknown field in text", 100)
    check_text(body["text"]["body"], 4096, "Param text['body']")


def check_interactive(body):
    interactive = body["interactive"]
    need(set(interactive) <= {"type", "header", "body", "footer", "action"}, "unknown field", 100)
    check_text(interactive["body"]["text"], 1024, "Body text")
    action = interactive["action"]
    if interactive["type"] == "button":
        need(1 <= len(action["buttons"]) <= 3, "Invalid buttons count. Min 1, max 3")
        replies = [button["reply"] for button in action["buttons"]]
        need(all(button["type"] == "reply" for button in action["buttons"]), "button type")
        for reply in replies:
            check_text(reply["title"], 20, "Button title")
            check_text(reply["id"], 256, "Button id")
        check_unique([reply["title"] for reply in replies], "title of the buttons")
        check_unique([reply["id"] for reply in replies], "id of the buttons")
        return
    need(interactive["type"] == "list", "interactive type")
    check_text(action["button"], 20, "Button")
    sections = action["sections"]
    need(1 <= len(sections) <= 10, "sections")
    rows = [row for section in sections for row in section["rows"]]
    need(1 <= len(rows) <= 10, "Total row count exceed max allowed count: 10")
    for section in sections:
        need(len(sections) == 1 or section.get("title"), "section title")
        need(units(section.get("title", "")) <= 24, "Section title is too long")
    for row in rows:
        check_text(row["title"], 24, "Row title")
        check_text(row["id"], 200, "Row id")
        if "description" in row:
            check_text(row["description"], 72, "Row description")
    check_unique([row["id"] for row in rows], "row id")
    check_unique([row["title"].casefold() for row in rows], "row title")


def check_image(image, media):
    need(("id" in image) != ("link" in image), "id or link", 100)
    need("id" not in image or image["id"] in media, "unknown media id")
    need(image.get("link", "https://x").startswith(("http://", "https://")), "link")
    need(units(image.get("caption", "")) <= 1024, "caption is too long")
    need(set(image) <= {"id", "link", "caption"}, "unknown field in image", 100)


def check_template(template, templates):
    known = (template["name"], template["language"]["code"]) in templates
    if not known:
        raise Refusal(132001, "template name does not exist in nl", 404)
    for component in template.get("components", ()):
        need(component["type"] == "button" and component["sub_type"] == "quick_reply", "component")


class GraphPeer:
    """The server; `url` is what WHATSAPP_API_URL is for it.

    Attributes:
        taken: bodies of the messages that were taken, in order.
        refused: (body, code) of those that were not.
        reads: messages that were marked as read.
        media: uploaded pictures by id.
        closed: recipients whose window is closed.
        unknown: recipients that are not on WhatsApp.
        templates: (name, language) of those that are approved.
        script: what happens to the next calls, instead of what is said here: a Refusal, "hang",
            "drop" (taken, and the line breaks before the answer), or a function of the body.
        clock: seconds, for the pair rate; a test may put its own here.
    """

    def __init__(self, port=0):
        self.port = port
        self.token = TOKEN
        self.taken, self.refused, self.reads, self.media = [], [], [], {}
        self.closed, self.unknown, self.templates = set(), set(), set()
        self.script = deque()
        self.always = None
        self.clock = time.monotonic
        self.most_at_once = 0
        self.calls = 0
        self._paid = {}
        self._under_way = {}
        self._numbers = itertools.count(1)
        self._runner = None

    async def start(self):
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_post(f"/{VERSION}/{NUMBER}/messages", self._messages)
        app.router.add_post(f"/{VERSION}/{NUMBER}/media", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self):
        """Away: a connection is refused until `start`."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/{VERSION}"

    def texts(self, to=None):
        """The words of what was taken, in order."""
        bodies = [body for body in self.taken if to in (None, body.get("to"))]
        return [words(body) for body in bodies]

    def status(self, number, status, errors=None, with_key=True):
        """What the webhook would hold about the message that was taken as this one."""
        body = self.taken[number]
        found = {"id": body["id"], "status": status, "timestamp": str(int(time.time()))}
        if with_key:
            found["biz_opaque_callback_data"] = body["biz_opaque_callback_data"]
        return {**found, "errors": errors} if errors else found

    async def _messages(self, request):
        self.calls += 1
        try:
            self._authorise(request)
            body = await request.json()
            if body.get("status") == "read":
                need(body.get("message_id", "").startswith("wamid."), "message_id", 100)
                need(body.get("typing_indicator") in (None, {"type": "text"}), "indicator", 100)
                self.reads.append(body)
                return web.json_response({"success": True})
            return await self._take(request, body)
        except Refusal as refusal:
            return refusal.answer()

    async def _take(self, request, body):
        to = body.get("to") or body.get("recipient")
        self._under_way[to] = self._under_way.get(to, 0) + 1
        self.most_at_once = max(self.most_at_once, self._under_way[to])
        try:
            script = self.script.popleft() if self.script else self.always
            if script == "hang":
                await asyncio.sleep(3600)
            if callable(script):
                script = script(body)
            if isinstance(script, Refusal):
                raise script
            check(body, self.media, self.templates)
            need(to not in self.unknown, "Message Undeliverable.", 131026)
            if body["type"] != "template":
                need(to not in self.closed, "more than 24 hours have passed", 131047)
            self._pay(to)
            wamid = f"wamid.peer{next(self._numbers)}"
            self.taken.append({**body, "id": wamid})
            if script == "drop":
                request.transport.abort()
            contact = {"input": to, "wa_id": to}
            message = {"id": wamid}
            return web.json_response(
                {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
            )
        except Refusal as refusal:
            self.refused.append((body, refusal.code))
            raise
        finally:
            self._under_way[to] -= 1

    async def _media(self, request):
        self.calls += 1
        try:
            self._authorise(request)
            form = await request.post()
            need(form.get("messaging_product") == "whatsapp", "messaging_product", 100)
            picture = form["file"].file.read()
            need(form["file"].content_type == form.get("type") == "image/png", "type", 131053)
            need(picture.startswith(PNG) and len(picture) <= 5 * 1024 * 1024, "picture", 131053)
        except Refusal as refusal:
            return refusal.answer()
        name = str(7000 + len(self.media))
        self.media[name] = picture
        return web.json_response({"id": name})

    def _authorise(self, request):
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(190, "Error validating access token: Session has expired", 401)

    def _pay(self, to):
        """One in 6 seconds, up to 45 borrowed from the time after."""
        moment = self.clock()
        paid = max(self._paid.get(to, moment), moment)
        need(paid - moment < 45 * 6, "too many messages to this one number", 131056)
        self._paid[to] = paid + 6


def words(body):
    """All that a person sees of a message."""
    match body["type"]:
        case "text":
            return body["text"]["body"]
        case "image":
            return body["image"].get("caption", "")
        case "template":
            return f"template {body['template']['name']}"
    interactive = body["interactive"]
    if interactive["type"] == "button":
        titles = [button["reply"]["title"] for button in interactive["action"]["buttons"]]
    else:
        titles = [
            row.get("description", row["title"])
            for section in interactive["action"]["sections"]
            for row in section["rows"]
        ]
    return "\n".join([interactive["body"]["text"], *titles])
