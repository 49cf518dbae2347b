"""The sections of the console, in the order of the menu; each has `pages() -> list[Page]`."""

from __future__ import annotations

from bot.console import (
    access,
    account,
    catalogue,
    conversations,
    dashboard,
    deliveries,
    learn,
    oidc,
    privacy,
    referrals,
    review,
    staff,
)

SECTIONS = (
    conversations,
    review,
    learn,
    dashboard,
    catalogue,
    referrals,
    deliveries,
    privacy,
    staff,
    account,
    access,
    oidc,
)
