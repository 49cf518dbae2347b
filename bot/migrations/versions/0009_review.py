"""review of conversations: states, tags, comments, corrections"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def conversation(**options: bool) -> sa.Column:
    """The conversation that a row is about, and goes with."""
    key = sa.ForeignKey('conversation.id', ondelete='CASCADE')
    return sa.Column('conversation_id', sa.String(length=64), key, nullable=False, **options)


def staff(name: str) -> sa.Column:
    """The member of staff who did it; the row stays when the account goes."""
    key = sa.ForeignKey('staff.id', ondelete='SET NULL')
    return sa.Column(name, sa.Integer(), key, nullable=True)


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        'review_work',
        conversation(primary_key=True),
        sa.Column('state', sa.String(length=10), nullable=False),
        staff('assignee_id'),
        sa.Column('flag', sa.String(length=10), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('updated_at', bot.database.UtcDateTime(), nullable=False),
        staff('updated_by_id'),
    )
    op.create_index('ix_review_work_state', 'review_work', ['state', 'assignee_id'])
    op.create_table(
        'review_tag',
        conversation(primary_key=True),
        sa.Column('tag', sa.String(length=40), primary_key=True, nullable=False),
    )
    op.create_index('ix_review_tag_tag', 'review_tag', ['tag'])
    op.create_table(
        'review_comment',
        sa.Column('id', sa.Integer(), primary_key=True),
        conversation(),
        staff('by_id'),
        sa.Column('at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
    )
    op.create_index('ix_review_comment_conversation_id', 'review_comment', ['conversation_id'])
    op.create_table(
        'correction',
        sa.Column('id', sa.Integer(), primary_key=True),
        conversation(),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('verdict', sa.String(length=10), nullable=False),
        sa.Column('intent', sa.String(length=60), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('in_basket', sa.Boolean(), nullable=False),
        sa.Column('understood_as', sa.String(length=60), nullable=True),
        sa.Column('confidence', sa.Float(), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        staff('by_id'),
        sa.Column('at', bot.database.UtcDateTime(), nullable=False),
        sa.UniqueConstraint('conversation_id', 'seq'),
    )
    op.create_index('ix_correction_in_basket', 'correction', ['in_basket'])
    op.create_table(
        'model_comparison',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('at', bot.database.UtcDateTime(), nullable=False),
        sa.Column('current', sa.String(length=200), nullable=False),
        sa.Column('candidate', sa.String(length=200), nullable=False),
        sa.Column('items', sa.JSON(), nullable=False),
    )
    op.create_index('ix_model_comparison_at', 'model_comparison', ['at'])


def downgrade() -> None:
    """Undoes the change."""
    for table in ('model_comparison', 'correction', 'review_comment', 'review_tag', 'review_work'):
        op.drop_table(table)
