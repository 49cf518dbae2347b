"""Meta as the sender of webhooks: builds bodies, signs them, and posts them; and somebody's phone.

The shapes are those of the public documentation of the Cloud API; every number and name is made up.
"""

import hashlib
import hmac
import itertools
import json
import time

import requests
from graph_peer import NUMBER, TOKEN

VERIFY_TOKEN = "een-woord-dat-alleen-meta-en-wij-kennen"
APP_SECRET = "0123456789abcdef0123456789abcdef"
DISPLAYED = "31850000000"
ENVIRONMENT = {
    "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
    "WHATSAPP_APP_SECRET": APP_SECRET,
    "WHATSAPP_ACCESS_TOKEN": TOKEN,
    "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
}
counter = itertools.count(1)


def wamid():
    """A message id that nobody had yet."""
    return f"wamid.HBgLMzE2MDAwMDAwMDEVAgASGBQ{next(counter):012d}AA=="


def value(*messages, contacts=(), statuses=(), number=NUMBER):
    """What a change holds."""
    made = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": DISPLAYED, "phone_number_id": number},
    }
    for name, items in (("contacts", contacts), ("messages", messages), ("statuses", statuses)):
        if items:
            made[name] = list(items)
    return made


def envelope(*values):
    """A webhook's body with a change for each value."""
    changes = [{"field": "messages", "value": one} for one in values]
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "220000000000002", "changes": changes}],
    }


def sign(body, secret=APP_SECRET):
    """The header for these bytes."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


class Meta:
    """Posts to the webhook at this address."""

    def __init__(self, url):
        self.url = f"{url}/webhooks/whatsapp"

    def post(self, body, **headers):
        """The answer to a body (JSON, or bytes), signed unless headers say otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = headers or {"X-Hub-Signature-256": sign(raw)}
        given = {name: value for name, value in headers.items() if value is not None}
        return requests.post(self.url, data=raw, headers=given, timeout=30)

    def deliver(self, body):
        """Posts a body that must be taken."""
        response = self.post(body)
        assert response.status_code == 200, response.text


class Phone:
    """Somebody with WhatsApp; without `wa_id` they hide their number."""

    def __init__(self, meta, wa_id="31600000001", user_id=None, name="Test Burger"):
        self.meta = meta
        self.wa_id, self.user_id, self.name = wa_id, user_id, name

    def message(self, kind, content=None, **more):
        """A message of this kind, by this person."""
        made = {"id": wamid(), "timestamp": str(int(time.time())), "type": kind, **more}
        if self.wa_id:
            made["from"] = self.wa_id
        if self.user_id:
            made["from_user_id"] = self.user_id
        return {**made, kind: content} if content is not None else made

    def text(self, words, **more):
        return self.message("text", {"body": words}, **more)

    def tap(self, choice, title):
        """A reply button that we sent."""
        reply = {"type": "button_reply", "button_reply": {"id": choice, "title": title}}
        return self.message("interactive", reply, context={"from": DISPLAYED, "id": wamid()})

    def body(self, *messages):
        """A webhook with these messages."""
        contact = {"profile": {"name": self.name}}
        if self.wa_id:
            contact["wa_id"] = self.wa_id
        if self.user_id:
            contact["user_id"] = self.user_id
        return envelope(value(*messages, contacts=[contact]))

    def send(self, *messages):
        """Sends messages, or texts."""
        made = [self.text(one) if isinstance(one, str) else one for one in messages]
        self.meta.deliver(self.body(*made))
        return made
