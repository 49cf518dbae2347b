"""results of the scans and the plan"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        'result',
        sa.Column('id', sa.String(length=40), primary_key=True),
        sa.Column('run', sa.String(length=40), nullable=False, unique=True),
        sa.Column(
            'conversation_id',
            sa.String(length=64),
            sa.ForeignKey('conversation.id', ondelete='CASCADE'),
            nullable=False,
        ),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('page', sa.JSON(), nullable=False),
        sa.Column('answers', sa.JSON(), nullable=False),
        sa.Column('outcome', sa.String(length=20), nullable=True),
        sa.Column('created_at', bot.database.UtcDateTime(), nullable=False),
    )
    op.create_index('ix_result_conversation_id', 'result', ['conversation_id'])
    op.create_index('ix_result_created_at', 'result', ['created_at'])


def downgrade() -> None:
    """Undoes the change."""
    op.drop_table('result')
