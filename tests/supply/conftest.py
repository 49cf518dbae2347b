"""A registry on loopback that answers as the test says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Registry(BaseHTTPRequestHandler):
    """Answers each question with the same status and body, as the server has them.

    npm also gets what the registry knows of a package.
    """

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.answer(self.server.body)

    def do_GET(self):
        version = {"name": "dompurify", "version": "3.0.0"}
        self.answer({"name": "dompurify", "versions": {"3.0.0": version}})

    def answer(self, body):
        body = json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry():
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        server.status, server.body = 200, {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
