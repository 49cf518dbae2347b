"""A municipal site on an origin of its own, and a line to the server that can be cut."""

import contextlib
import socket
import socketserver
import struct
import threading
import zlib
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

STYLES = Path(__file__).parent / "styles"
PAGE = """<!DOCTYPE html>
<html lang="nl"><head><meta charset="utf-8"><title>Gemeente Grensdorp</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">{styles}
<script src="{server}/widget/{file}" defer {attributes}></script></head>
<body><header>Gemeente Grensdorp</header><main><h1>Ondernemen</h1>
<p class="tekst">Lees hier alles over <a href="/volgende">ondernemen</a>.</p>
<p><button class="knop" type="button">Zoek</button> <input aria-label="Zoekwoord"></p>
<div id="plek"></div></main></body></html>"""


class Site:
    """Pages that allow no more than the chat needs.

    A page is any path; in its query `css` names a file of styles/, `file` the file of the widget,
    `policy=none` takes the policy away, and everything else is an attribute of the script element.

    Attributes:
        server: where the chat comes from; set before the first page is asked.
        origin: address of the site.
    """

    def __init__(self):
        self.server = ""
        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._httpd.server_port}"

    def __enter__(self):
        threading.Thread(target=self._httpd.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._httpd.shutdown()
        self._httpd.server_close()

    def policy(self):
        """The Content Security Policy of docs/widget.md, with the site's own styles."""
        return (
            f"default-src 'none'; style-src 'self'; script-src {self.server}; "
            f"connect-src {self.server}; img-src 'self' {self.server} data:; base-uri 'none'"
        )

    def page(self, query):
        options = dict(parse_qsl(query, keep_blank_values=True))
        css, file = options.pop("css", None), options.pop("file", "startwijzer.js")
        options.pop("policy", None)
        return PAGE.format(
            server=self.server,
            file=escape(file),
            styles=f'<link rel="stylesheet" href="/{escape(css)}.css">' if css else "",
            attributes=" ".join(f'{escape(k)}="{escape(v)}"' for k, v in options.items()),
        )

    def _handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = urlsplit(self.path)
                if path.path.endswith(".css"):
                    kind, body = "text/css", (STYLES / Path(path.path).name).read_bytes()
                else:
                    kind, body = "text/html; charset=utf-8", site.page(path.query).encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if "policy=none" not in path.query:
                    self.send_header("Content-Security-Policy", site.policy())
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


class Line:
    """A line to `target` (host, port) that can be cut and repaired."""

    def __init__(self, target):
        self._open = set()
        self._up = True
        line = self

        class Pipe(socketserver.BaseRequestHandler):
            def handle(self):
                if not line._up:
                    return
                try:
                    far = socket.create_connection(target, 10)
                except OSError:
                    return
                far.settimeout(None)
                pair = (self.request, far)
                line._open.update(pair)
                back = threading.Thread(target=_copy, args=(far, self.request), daemon=True)
                back.start()
                _copy(self.request, far)
                back.join(60)
                line._open.difference_update(pair)
                far.close()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Pipe)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def cut(self):
        """Breaks every connection, without a goodbye; new ones fail."""
        self._up = False
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)

    def repair(self):
        """New connections work again."""
        self._up = True


def _copy(near, far):
    with contextlib.suppress(OSError):
        while data := near.recv(65536):
            far.sendall(data)
    with contextlib.suppress(OSError):
        far.shutdown(socket.SHUT_WR)


def picture(width=200, height=120):
    """A picture in one colour."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + b"\x21\x6a\x30" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
