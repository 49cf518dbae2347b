"""the life of a referral: context, states, due dates, and the outbox to the desks"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

NEW_COLUMNS = (
    sa.Column('need', sa.String(length=40), nullable=True),
    sa.Column('urgency', sa.String(length=10), nullable=True),
    sa.Column('context', sa.JSON(), nullable=False, server_default='[]'),
    sa.Column('wish', sa.String(length=120), nullable=True),
    sa.Column('due_at', bot.database.UtcDateTime(), nullable=True),
    sa.Column('reminded_at', bot.database.UtcDateTime(), nullable=True),
    sa.Column('escalated_at', bot.database.UtcDateTime(), nullable=True),
    sa.Column('closed_at', bot.database.UtcDateTime(), nullable=True),
    sa.Column('helped', sa.String(length=10), nullable=True),
)


def upgrade() -> None:
    """Makes the change."""
    for column in NEW_COLUMNS:
        op.add_column('referral', column.copy())
    op.create_index('ix_referral_due_at', 'referral', ['due_at'])
    op.create_table(
        'referral_event',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column(
            'reference',
            sa.String(length=12),
            sa.ForeignKey('referral.reference', ondelete='CASCADE'),
            nullable=False,
        ),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('by', sa.String(length=80), nullable=False),
        sa.Column('note', sa.Text(), nullable=True),
    )
    op.create_index('ix_referral_event_reference', 'referral_event', ['reference'])
    op.create_table(
        'handover',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column(
            'reference',
            sa.String(length=12),
            sa.ForeignKey('referral.reference', ondelete='CASCADE'),
            nullable=False,
        ),
        sa.Column('key', sa.String(length=40), nullable=False, unique=True),
        sa.Column('about', sa.String(length=16), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('status', sa.String(length=10), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_attempt_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('claimed_until', bot.database.UtcDateTime(), nullable=True),
        sa.Column('progress', sa.JSON(), nullable=False),
        sa.Column('last_error', sa.String(length=300), nullable=True),
        sa.Column('created_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('sent_at', bot.database.UtcDateTime(), nullable=True),
    )
    op.create_index('ix_handover_reference', 'handover', ['reference'])
    op.create_index('ix_handover_waiting', 'handover', ['status', 'next_attempt_at'])
    op.add_column('provider', sa.Column('handover', sa.JSON(), nullable=True))
    op.execute(sa.delete(sa.table('catalogue_version')))


def downgrade() -> None:
    """Undoes the change."""
    op.drop_column('provider', 'handover')
    op.drop_table('handover')
    op.drop_table('referral_event')
    op.drop_index('ix_referral_due_at', 'referral')
    for column in NEW_COLUMNS:
        op.drop_column('referral', column.name)
