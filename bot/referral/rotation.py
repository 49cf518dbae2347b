"""A new `SECRET_KEY`: what older keys encrypted is encrypted again, so that those can go.

First set `SECRET_KEY` to a new key and `SECRET_KEY_OLD` to the one before, and start everything
again; then run `startwijzer referrals rotate`; then `SECRET_KEY_OLD` can go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from bot.database import Database
from bot.privacy.keys import Cipher
from bot.privacy.model import VaultEntry
from bot.privacy.vault import PURPOSE as VAULT
from bot.referral.file import PURPOSE as REFERRAL
from bot.referral.model import Referral

# A transaction each, so that SQLite's one writer is never kept long from the conversations.
ROWS_AT_ONCE = 200


@dataclass(frozen=True)
class Rotated:
    """How many details were encrypted again, and how many no key can read."""

    vault: int = 0
    referrals: int = 0
    unreadable: int = 0

    def __add__(self, other: Rotated) -> Rotated:
        return Rotated(
            self.vault + other.vault,
            self.referrals + other.referrals,
            self.unreadable + other.unreadable,
        )


def rotate(database: Database, secret: str, old: Sequence[str]) -> Rotated:
    """Encrypts every detail in the vault and in the files of referrals with the key of now.

    What has the key of now stays as it is, so it can be cut off and run again. What changes in the
    meantime is left alone: whoever changed it used the key of now.
    """
    vault, file = Cipher(secret, VAULT, old), Cipher(secret, REFERRAL, old)
    done = Rotated()
    for ids in _batches(database, VaultEntry.id):
        with database.session() as session:
            for id_ in ids:
                done += _vault_entry(session, vault, id_)
    for ids in _batches(database, Referral.reference):
        with database.session() as session:
            for id_ in ids:
                done += _referral(session, file, id_)
    return done


def _batches(database: Database, key: Any) -> list[list[Any]]:
    with database.session() as session:
        ids = list(session.execute(sa.select(key).order_by(key)).scalars())
    return [ids[i : i + ROWS_AT_ONCE] for i in range(0, len(ids), ROWS_AT_ONCE)]


def _vault_entry(session: Session, cipher: Cipher, id_: int) -> Rotated:
    entry = session.get(VaultEntry, id_)
    if entry is None or cipher.is_current(entry.ciphertext):
        return Rotated()
    try:
        text = cipher.decrypt(entry.ciphertext)
    except InvalidToken:
        return Rotated(unreadable=1)
    same = sa.select(VaultEntry.id).where(
        VaultEntry.conversation_id == entry.conversation_id,
        VaultEntry.kind == entry.kind,
        VaultEntry.fingerprint == cipher.fingerprint(text),
        VaultEntry.id != entry.id,
    )
    values: dict[str, Any] = {"ciphertext": cipher.encrypt(text)}
    # Someone typed the same detail to a process that did not know the old key yet.
    if session.execute(same).first() is None:
        values["fingerprint"] = cipher.fingerprint(text)
    changed = session.execute(
        sa.update(VaultEntry)
        .where(VaultEntry.id == id_, VaultEntry.ciphertext == entry.ciphertext)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return Rotated(vault=changed.rowcount)


def _referral(session: Session, cipher: Cipher, reference: str) -> Rotated:
    stored = session.execute(
        sa.select(Referral.contact).where(Referral.reference == reference)
    ).scalar()
    # A contact detail that was erased is empty, and stays so.
    if not stored or cipher.is_current(stored):
        return Rotated()
    try:
        text = cipher.decrypt(stored)
    except InvalidToken:
        return Rotated(unreadable=1)
    changed = session.execute(
        sa.update(Referral)
        .where(Referral.reference == reference, Referral.contact == stored)
        .values(contact=cipher.encrypt(text))
        .execution_options(synchronize_session=False)
    )
    return Rotated(referrals=changed.rowcount)
