"""what the gateway needs for the widget: ratings, one writer per conversation, no doubles"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""
    op.add_column(
        'conversation', sa.Column('busy_until', bot.database.UtcDateTime(), nullable=True)
    )
    op.add_column('message', sa.Column('key', sa.String(length=255), nullable=True))
    op.add_column('message', sa.Column('choice', sa.String(length=24), nullable=True))
    op.add_column('message', sa.Column('reply_to', sa.Integer(), nullable=True))
    op.create_index('ix_message_key', 'message', ['conversation_id', 'key'], unique=True)
    op.create_table(
        'rating',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column(
            'conversation_id',
            sa.String(length=64),
            sa.ForeignKey('conversation.id', ondelete='CASCADE'),
            nullable=False,
        ),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('value', sa.String(length=6), nullable=False),
        sa.Column('at', bot.database.UtcDateTime(), nullable=False),
        sa.UniqueConstraint('conversation_id', 'seq'),
    )


def downgrade() -> None:
    """Undoes the change."""
    op.drop_table('rating')
    op.drop_index('ix_message_key', 'message')
    op.drop_column('message', 'reply_to')
    op.drop_column('message', 'choice')
    op.drop_column('message', 'key')
    op.drop_column('conversation', 'busy_until')
