"""Tables of the staff: accounts, sessions, counted failures, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime

# The issuer of accounts that log in with a password here; a provider has its own address.
OWN_ISSUER = ""


class Staff(Base):
    """An account. (issuer, subject) is who it is: for our own accounts the e-mail address in lower
    case, for a provider of OpenID Connect what it calls the person. `gemeenten` null: all.
    """

    __tablename__ = "staff"
    __table_args__ = (sa.UniqueConstraint("issuer", "subject"),)

    id = sa.Column(sa.Integer, primary_key=True)
    issuer = sa.Column(sa.String(300), nullable=False)
    subject = sa.Column(sa.String(255), nullable=False)
    email = sa.Column(sa.String(254), nullable=False)
    name = sa.Column(sa.String(120), nullable=False)
    roles = sa.Column(sa.JSON, nullable=False)
    gemeenten = sa.Column(sa.JSON(none_as_null=True))
    password_hash = sa.Column(sa.String(200))
    totp_secret = sa.Column(sa.LargeBinary)
    totp_step = sa.Column(sa.Integer)
    enrol_hash = sa.Column(sa.String(64), unique=True)
    enrol_expires_at = sa.Column(UtcDateTime)
    created_at = sa.Column(UtcDateTime, nullable=False)
    last_login_at = sa.Column(UtcDateTime)
    disabled_at = sa.Column(UtcDateTime)


class RecoveryCode(Base):
    """A code that replaces the authenticator once; only its fingerprint is kept."""

    __tablename__ = "staff_recovery_code"

    id = sa.Column(sa.Integer, primary_key=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True)
    fingerprint = sa.Column(sa.String(64), nullable=False)


class StaffSession(Base):
    """Someone who is logging in or logged in with one browser; only a hash of the token is kept.

    `stage` is `code` (the password was right), `enrol` (an authenticator must be set) or `full`.
    `pending` holds the encrypted secret of an authenticator that is being set.
    """

    __tablename__ = "staff_session"

    id = sa.Column(sa.Integer, primary_key=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    stage = sa.Column(sa.String(8), nullable=False)
    browser = sa.Column(sa.String(80), nullable=False)
    pending = sa.Column(sa.LargeBinary)
    created_at = sa.Column(UtcDateTime, nullable=False)
    last_seen_at = sa.Column(UtcDateTime, nullable=False, index=True)


class LoginFailures(Base):
    """How often in a row it went wrong for one account or address; `key` is a fingerprint."""

    __tablename__ = "staff_login_failures"

    key = sa.Column(sa.String(64), primary_key=True)
    failures = sa.Column(sa.Integer, nullable=False)
    blocked_until = sa.Column(UtcDateTime, nullable=False)
    last_at = sa.Column(UtcDateTime, nullable=False, index=True)


class AuditEntry(Base):
    """Who did what, when, to whom. Triggers of the database refuse every change and removal."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_subject", "subject", "id"),)

    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(UtcDateTime, nullable=False, index=True)
    staff_id = sa.Column(sa.Integer, index=True)
    who = sa.Column(sa.String(120), nullable=False)
    action = sa.Column(sa.String(40), nullable=False, index=True)
    subject = sa.Column(sa.String(160), nullable=False)
    gemeente = sa.Column(sa.String(80), index=True)
    reason = sa.Column(sa.Text)


class AuditTerm(Base):
    """Opens the audit log for its purge: while the row is there, what is from before may go."""

    __tablename__ = "audit_term"

    id = sa.Column(sa.Integer, primary_key=True)
    before = sa.Column(UtcDateTime, nullable=False)
