"""staff: accounts, sessions, and who looked at what"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

# The audit log is append-only. Its purge puts the moment before which entries may go in audit_term,
# removes them, and clears audit_term, in one transaction (bot/staff/audit.py).
# SQLite's REPLACE removes a row without asking a DELETE trigger, hence the one on INSERT.
SQLITE = (
    """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    WHEN NOT EXISTS (SELECT 1 FROM audit_term WHERE OLD.at < audit_term.before)
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    """CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry
    WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM audit_term WHERE OLD.at < audit_term.before) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'audit_entry is append-only';
    END $$""",
    """CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()""",
    """CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()""",
)


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        'staff',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('issuer', sa.String(length=300), nullable=False),
        sa.Column('subject', sa.String(length=255), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('roles', sa.JSON(), nullable=False),
        sa.Column('gemeenten', sa.JSON(), nullable=True),
        sa.Column('password_hash', sa.String(length=200), nullable=True),
        sa.Column('totp_secret', sa.LargeBinary(), nullable=True),
        sa.Column('totp_step', sa.Integer(), nullable=True),
        sa.Column('enrol_hash', sa.String(length=64), nullable=True, unique=True),
        sa.Column('enrol_expires_at', bot.database.UtcDateTime(), nullable=True),
        sa.Column('created_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('last_login_at', bot.database.UtcDateTime(), nullable=True),
        sa.Column('disabled_at', bot.database.UtcDateTime(), nullable=True),
        sa.UniqueConstraint('issuer', 'subject'),
    )
    op.create_table(
        'staff_recovery_code',
        sa.Column('id', sa.Integer(), primary_key=True),
        _staff_id(),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
    )
    op.create_index('ix_staff_recovery_code_staff_id', 'staff_recovery_code', ['staff_id'])
    op.create_table(
        'staff_session',
        sa.Column('id', sa.Integer(), primary_key=True),
        _staff_id(),
        sa.Column('token_hash', sa.String(length=64), nullable=False, unique=True),
        sa.Column('stage', sa.String(length=8), nullable=False),
        sa.Column('browser', sa.String(length=80), nullable=False),
        sa.Column('pending', sa.LargeBinary(), nullable=True),
        sa.Column('created_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('last_seen_at', bot.database.UtcDateTime(), nullable=False),
    )
    op.create_index('ix_staff_session_staff_id', 'staff_session', ['staff_id'])
    op.create_index('ix_staff_session_last_seen_at', 'staff_session', ['last_seen_at'])
    op.create_table(
        'staff_login_failures',
        sa.Column('key', sa.String(length=64), primary_key=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('blocked_until', bot.database.UtcDateTime(), nullable=False),
        sa.Column('last_at', bot.database.UtcDateTime(), nullable=False),
    )
    op.create_index('ix_staff_login_failures_last_at', 'staff_login_failures', ['last_at'])
    op.create_table(
        'audit_entry',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('staff_id', sa.Integer(), nullable=True),
        sa.Column('who', sa.String(length=120), nullable=False),
        sa.Column('action', sa.String(length=40), nullable=False),
        sa.Column('subject', sa.String(length=160), nullable=False),
        sa.Column('gemeente', sa.String(length=80), nullable=True),
        sa.Column('reason', sa.Text(), nullable=True),
    )
    for column in ('at', 'staff_id', 'action', 'gemeente'):
        op.create_index(f'ix_audit_entry_{column}', 'audit_entry', [column])
    op.create_index('ix_audit_entry_subject', 'audit_entry', ['subject', 'id'])
    op.create_table(
        'audit_term',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('before', bot.database.UtcDateTime(), nullable=False),
    )
    for statement in SQLITE if op.get_bind().dialect.name == 'sqlite' else POSTGRESQL:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Undoes the change."""
    for table in (
        'audit_entry',
        'audit_term',
        'staff_login_failures',
        'staff_session',
        'staff_recovery_code',
        'staff',
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name != 'sqlite':
        op.execute(sa.text('DROP FUNCTION audit_entry_refuse()'))


def _staff_id() -> sa.Column:
    return sa.Column(
        'staff_id', sa.Integer(), sa.ForeignKey('staff.id', ondelete='CASCADE'), nullable=False
    )
