"""WhatsApp: who talks, what came in, what goes out"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        'whatsapp_person',
        sa.Column(
            'conversation_id',
            sa.String(length=64),
            sa.ForeignKey('conversation.id', ondelete='CASCADE'),
            primary_key=True,
        ),
        sa.Column('key', sa.String(length=64), nullable=False, unique=True),
        sa.Column('address', sa.Text(), nullable=False),
        sa.Column('last_in_at', bot.database.UtcDateTime(), nullable=True),
        sa.Column('last_in_wamid', sa.Text(), nullable=True),
        sa.Column('told_at', bot.database.UtcDateTime(), nullable=True),
        sa.Column('opted_out_at', bot.database.UtcDateTime(), nullable=True),
        sa.Column('rendered_seq', sa.Integer(), nullable=False),
        sa.Column('created_at', bot.database.UtcDateTime(), nullable=False),
    )
    op.create_table(
        'whatsapp_key',
        sa.Column('key', sa.String(length=64), primary_key=True),
        sa.Column(
            'conversation_id',
            sa.String(length=64),
            sa.ForeignKey('whatsapp_person.conversation_id', ondelete='CASCADE'),
            nullable=False,
        ),
    )
    op.create_index('ix_whatsapp_key_conversation_id', 'whatsapp_key', ['conversation_id'])
    op.create_table(
        'whatsapp_update',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('wamid', sa.String(length=255), nullable=False, unique=True),
        sa.Column('person_key', sa.String(length=64), nullable=False),
        sa.Column('phone_number_id', sa.String(length=64), nullable=False),
        sa.Column('body', sa.Text(), nullable=True),
        sa.Column('status', sa.String(length=10), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_attempt_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('received_at', bot.database.UtcDateTime(), nullable=False),
    )
    op.create_index('ix_whatsapp_update_person_key', 'whatsapp_update', ['person_key'])
    op.create_index('ix_whatsapp_update_received_at', 'whatsapp_update', ['received_at'])
    op.create_index(
        'ix_whatsapp_update_waiting', 'whatsapp_update', ['status', 'next_attempt_at']
    )
    op.create_table(
        'whatsapp_delivery',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column(
            'conversation_id',
            sa.String(length=64),
            sa.ForeignKey('conversation.id', ondelete='CASCADE'),
            nullable=False,
        ),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('part', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('status', sa.String(length=10), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_attempt_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('claimed_until', bot.database.UtcDateTime(), nullable=True),
        sa.Column('wamid', sa.String(length=255), nullable=True, unique=True),
        sa.Column('error_code', sa.Integer(), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=True),
        sa.Column('created_at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('sent_at', bot.database.UtcDateTime(), nullable=True),
        sa.UniqueConstraint('conversation_id', 'seq', 'part', 'kind'),
    )
    op.create_index(
        'ix_whatsapp_delivery_waiting', 'whatsapp_delivery', ['status', 'next_attempt_at']
    )


def downgrade() -> None:
    """Undoes the change."""
    op.drop_table('whatsapp_delivery')
    op.drop_table('whatsapp_update')
    op.drop_table('whatsapp_key')
    op.drop_table('whatsapp_person')
