"""Passwords: how they are kept, and which ones are good enough."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet: Argon2id with 46 MiB, one pass and one lane, or the same work
# otherwise divided; 64 MiB and three passes (the second choice of RFC 9106, but with one lane: the
# web process has few cores) is above it.
HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)
# NIST 800-63B-4, 3.1.1.2: 15 characters where a password is all there is, 8 with a second factor,
# which everybody here has; 12 is between the two. At least 64 must be possible; no rules about
# kinds of characters; no change without a cause; compared with a list of common passwords.
SHORTEST, LONGEST = 12, 128
# A run of one letter or "abcdefghijkl" is long and still the first thing that is tried.
FEWEST_DIFFERENT = 5
SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")
DENYLIST = Path(__file__).with_name("common_passwords.txt")


def normalised(password: str) -> str:
    """The same characters however a keyboard makes them (NFC, as NIST 800-63B-4, 3.1.1.2 asks)."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """What is kept of a password (Argon2id with a salt of its own)."""
    return HASHER.hash(normalised(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is none to compare with."""
    try:
        HASHER.verify(password_hash or _dummy_hash(), normalised(password)[: LONGEST * 2])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than those of now."""
    return HASHER.check_needs_rehash(password_hash)


@lru_cache
def _dummy_hash() -> str:
    return HASHER.hash("nobody has this password")


def objection(password: str, *about: str) -> str | None:
    """Why a password is not good enough (Dutch), or None.

    Args:
        about: what an attacker knows as well: name, e-mail address.
    """
    password = normalised(password)
    plain = password.casefold()
    if len(password) < SHORTEST:
        return f"Gebruik minstens {SHORTEST} tekens. Een zin van een paar woorden werkt goed."
    if len(password) > LONGEST:
        return f"Gebruik hoogstens {LONGEST} tekens."
    if len(set(plain)) < FEWEST_DIFFERENT or _is_sequence(plain):
        return "Dit wachtwoord is te makkelijk te raden. Gebruik een paar woorden achter elkaar."
    if _core(plain) in common() or plain in common():
        return "Dit wachtwoord staat op de lijst van veelgebruikte wachtwoorden. Kies een ander."
    words = {word for text in about for word in _words(text)}
    rest = plain
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < SHORTEST - 4 and rest != plain:
        return "Dit wachtwoord lijkt te veel op je naam of e-mailadres. Kies een ander."
    return None


@lru_cache
def common() -> frozenset[str]:
    """The words that common passwords are made of, in lower case."""
    lines = DENYLIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and line[0] != "#")


def _core(plain: str) -> str:
    """The word without the digits and signs that people put around it, or the word repeated."""
    core = plain.strip("0123456789!?.@#$%&*-_+= ")
    for length in range(3, len(core) // 2 + 1):
        if len(core) % length == 0 and core == core[:length] * (len(core) // length):
            return core[:length]
    return core


def _is_sequence(plain: str) -> bool:
    core = plain.strip("!?. ")
    return any(core in run * 2 or core in run[::-1] * 2 for run in SEQUENCES)


def _words(text: str) -> list[str]:
    parts = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    return [part for part in parts if len(part) >= 4]
