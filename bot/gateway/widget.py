"""The file of the widget, as other websites embed it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ETag, web

from bot.gateway.problems import Problem
from bot.settings import ROOT

FILE = ROOT / "bot" / "widget" / "dist" / "startwijzer.js"
# A new version is everywhere within five minutes; under its own name it never changes.
FRESH = "public, max-age=300"
FOREVER = "public, max-age=31536000, immutable"
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}
DIGITS = 16


@dataclass(frozen=True)
class Built:
    """One version of the file, and when it was made (as the file system says)."""

    stamp: tuple[int, int]
    content: bytes
    zipped: bytes
    digest: str


class WidgetFile:
    """Serves the file; a new build is seen at once.

    Args:
        path: where the build puts it.
    """

    def __init__(self, path: Path = FILE) -> None:
        self._path = path
        self._built: Built | None = None

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get("/widget/startwijzer.js", self.newest),
            web.get(f"/widget/startwijzer-{{digest:[0-9a-f]{{{DIGITS}}}}}.js", self.version),
        ]

    async def newest(self, request: web.Request) -> web.Response:
        """The file as it is now."""
        return _response(request, await self._read(), FRESH)

    async def version(self, request: web.Request) -> web.Response:
        """The file by the begin of its SHA-256: that version, or none."""
        built = await self._read()
        if request.match_info["digest"] != built.digest[:DIGITS]:
            raise Problem(404, "Deze versie is er niet meer.")
        return _response(request, built, FOREVER)

    async def _read(self) -> Built:
        try:
            return await asyncio.to_thread(self._read_now)
        except OSError as error:
            raise Problem(404, "Het bestand van de chat is er niet.") from error

    def _read_now(self) -> Built:
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if self._built is None or self._built.stamp != stamp:
            content = self._path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self._built = Built(stamp, content, gzip.compress(content, mtime=0), digest)
        return self._built


def _response(request: web.Request, built: Built, cache_control: str) -> web.Response:
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    tag = f"{built.digest}-gzip" if zipped else built.digest
    headers = {**HEADERS, "Cache-Control": cache_control}
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        if zipped:
            headers["Content-Encoding"] = "gzip"
        response = web.Response(
            body=built.zipped if zipped else built.content,
            content_type="text/javascript",
            charset="utf-8",
            headers=headers,
        )
    response.etag = ETag(tag)
    return response
