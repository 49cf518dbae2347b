"""The sections of the console, in the order of the menu; each has `pages() -> list[Page]`."""

from __future__ import annotations

from bot.console import (
    access,
    account,
    catalogue,
    conversations,
    dashboard,
    deliveries,
    erasure,
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
    erasure,
    staff,
    account,
    access,
    oidc,
)
