"""What staff may do: rights, and the roles that bundle them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Right(str, Enum):
    """One thing that someone may do; each page of the console asks for one."""

    READ = "read"  # conversations, with personal details masked
    REVIEW = "review"  # states, tags, comments
    LEARN = "learn"  # corrections and patches of the training data
    STEER = "steer"  # figures
    CATALOGUE = "catalogue"
    REFERRALS = "referrals"
    REVEAL = "reveal"  # contact details, each time with a reason
    EXPORT = "export"
    AUDIT = "audit"  # who looked at what
    ERASE = "erase"
    STAFF = "staff"  # accounts of colleagues
    DELIVERY = "delivery"  # what did not reach a desk


ROLES: Mapping[str, frozenset[Right]] = {
    "lezer": frozenset({Right.READ, Right.STEER}),
    "beoordelaar": frozenset({Right.READ, Right.STEER, Right.REVIEW, Right.LEARN, Right.EXPORT}),
    "adviseur": frozenset({Right.REFERRALS, Right.REVEAL, Right.STEER}),
    "redacteur": frozenset({Right.READ, Right.STEER, Right.CATALOGUE, Right.LEARN, Right.EXPORT}),
    "privacy": frozenset({Right.AUDIT, Right.ERASE, Right.READ, Right.REVEAL, Right.REFERRALS}),
    "beheerder": frozenset({Right.STAFF, Right.STEER, Right.DELIVERY, Right.CATALOGUE}),
}
# For people: what each role is for.
ROLE_TEXTS: Mapping[str, str] = {
    "lezer": "leest gesprekken en ziet de cijfers",
    "beoordelaar": "beoordeelt gesprekken en verbetert wat de bot begrijpt",
    "adviseur": "behandelt aanvragen en ziet contactgegevens, met een reden",
    "redacteur": "houdt de catalogus en de antwoorden bij",
    "privacy": "kijkt na wie wat heeft gezien, en wist gegevens",
    "beheerder": "beheert accounts en koppelingen",
}
