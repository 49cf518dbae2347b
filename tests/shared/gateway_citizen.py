"""A citizen's browser: the conversation API as the widget uses it."""

import contextlib
import json
import socket
import threading
import time

import requests


def texts(messages):
    """What each of them says."""
    return [message["text"] for message in messages]


class Citizen:
    """One conversation; `url` may be any of the web processes."""

    def __init__(self, url, **body):
        response = requests.post(f"{url}/api/v1/conversations", json=body, timeout=30)
        assert response.status_code == 201, response.text
        self.started = response.json()
        self.url = url
        self.id = self.started["id"]
        self.headers = {"Authorization": f"Bearer {self.started['token']}"}

    def ask(self, method, path="", url=None, headers=(), **options):
        """Any request in this conversation."""
        return requests.request(
            method,
            f"{url or self.url}/api/v1/conversations/{self.id}{path}",
            headers={**self.headers, **dict(headers)},
            timeout=60,
            **options,
        )

    def say(self, text=None, choice=None, url=None, key=None):
        """What the bot answers to a text or to the id of a choice."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"choice": choice} if choice else {"text": text}
        response = self.ask("POST", "/messages", url, headers, json=body)
        assert response.status_code == 200, response.text
        return response.json()["messages"]

    def history(self, after=0):
        return self.ask("GET", f"/messages?after={after}").json()["messages"]

    @contextlib.contextmanager
    def stream(self, url=None, last=0):
        """Reads events in the background until the block ends."""
        stream = Stream(self, url or self.url, last)
        try:
            yield stream
        finally:
            stream.cut()


class Stream:
    """Events as they come: `events` holds (name, id or None, data)."""

    def __init__(self, citizen, url, last):
        self.events = []
        self.ended = False
        self.retry = None
        self._response = requests.get(
            f"{url}/api/v1/conversations/{citizen.id}/events",
            headers={**citizen.headers, "Last-Event-ID": str(last)},
            stream=True,
            timeout=60,
        )
        assert self._response.status_code == 200, self._response.text
        self.headers = self._response.headers
        self._socket = self._response.raw.connection.sock
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def messages(self):
        return [data for name, _, data in self.events if name == "message"]

    @property
    def names(self):
        return [name for name, _, _ in self.events]

    def wait_for(self, reached, seconds=20.0):
        """Returns when `reached(stream)` is true."""
        deadline = time.monotonic() + seconds
        while not reached(self):
            assert time.monotonic() < deadline, self.events
            time.sleep(0.01)
        return self

    def cut(self):
        """Breaks the line, as in a tunnel: without a goodbye."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._response.close()

    def _read(self):
        fields = {}
        try:
            for line in self._response.iter_lines(chunk_size=1):
                text = line.decode()
                if text:
                    name, _, value = text.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    self.events.append((fields["event"], number, json.loads(fields["data"])))
                    fields = {}
                else:
                    self.retry = fields.get("retry", self.retry)
                    fields = {}
            self.ended = True
        except (requests.RequestException, OSError):
            pass  # cut
