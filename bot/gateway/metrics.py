"""`/metrics`: the figures for Prometheus, for who may see them."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.gateway.problems import Problem
from bot.operations.metrics import Metrics
from bot.settings import Settings

# What proxies add: who has one of these did not come from this machine itself.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


class MetricsApi:
    """With METRICS_TOKEN: for who shows it. Without: for who asks from this machine, directly.

    A proxy on this machine could make everyone look like us, so without a token nobody may once
    TRUSTED_PROXIES is set, nor who comes with the header of a proxy.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics

    def routes(self) -> list[web.AbstractRouteDef]:
        """The one route."""
        return [web.get("/metrics", self.metrics)]

    async def metrics(self, request: web.Request) -> web.Response:
        """All figures.

        Raises:
            Problem: 401 without the right token, or 404 for who need not know that it exists.
        """
        self._check(request)
        body = await asyncio.to_thread(self._metrics.expose)
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=body, headers=headers)

    def _check(self, request: web.Request) -> None:
        if self._settings.metrics_token:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            right = hmac.compare_digest(
                token.strip().encode(errors="surrogateescape"),
                self._settings.metrics_token.encode(),
            )
            if scheme.lower() != "bearer" or not right:
                raise Problem(401, "Hiervoor is een token nodig.")
            return
        behind_proxy = self._settings.trusted_proxies or any(
            name in request.headers for name in FORWARDED
        )
        if behind_proxy or not _is_loopback(request.remote or ""):
            raise Problem(404, "Deze pagina bestaat niet.")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
