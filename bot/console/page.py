"""A page of the console: its route, what one must be allowed, and its place in the menu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.staff.roles import Right

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Page:
    """One route. The application refuses whoever may not open it before the handler is called.

    Args:
        method: GET or POST.
        path: below /console, such as "/gesprekken/{id}".
        right: what one needs. None: reachable without login, unless `signed_in`.
        menu: what the menu calls it; pages without it are not in the menu. The menu has the order
            of SECTIONS, and shows only what the person may open.
        signed_in: for a page without a right of its own, but only for who is logged in.
    """

    method: str
    path: str
    handler: Handler
    right: Right | None
    menu: str | None = None
    signed_in: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has to log in for it."""
        return self.right is None and not self.signed_in
