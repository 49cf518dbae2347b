"""erasing: certificates, what may not go yet, and when the files were wiped"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

# PostgreSQL's planner keeps samples of a column, which stay when the rows have gone. What citizens
# said is in none: nothing is found by the whole of such a text, so the planner does not miss them.
WITHOUT_SAMPLES = (
    ('message', 'text'),
    ('message', 'payload'),
    ('events', 'data'),
    ('referral', 'question'),
    ('referral', 'wish'),
    ('referral_event', 'note'),
    ('review_conversation', 'excerpt'),
    ('review_turn', 'text'),
    ('review_text', 'body'),
    ('review_comment', 'text'),
    ('correction', 'text'),
)


def upgrade() -> None:
    """Makes the change."""
    moment = bot.database.UtcDateTime
    op.create_table(
        'erasure',
        sa.Column('code', sa.String(20), primary_key=True),
        sa.Column('kind', sa.String(10), nullable=False),
        sa.Column('subject', sa.String(64), nullable=False),
        sa.Column('counts', sa.JSON(), nullable=False),
        sa.Column('told_desk', sa.Boolean(), nullable=False),
        sa.Column('gemeente', sa.String(80)),
        sa.Column('by', sa.String(20), nullable=False),
        sa.Column('at', moment(), nullable=False),
    )
    op.create_index('ix_erasure_subject', 'erasure', ['subject'])
    op.create_index('ix_erasure_at', 'erasure', ['at'])
    op.create_table(
        'preservation',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('kind', sa.String(10), nullable=False),
        sa.Column('subject', sa.String(64), nullable=False),
        sa.Column('ground', sa.String(12), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('until', moment(), nullable=False),
        sa.Column('by_id', sa.Integer()),
        sa.Column('by', sa.String(120), nullable=False),
        sa.Column('at', moment(), nullable=False),
        sa.UniqueConstraint('kind', 'subject'),
    )
    op.create_table(
        'upkeep',
        sa.Column('name', sa.String(20), primary_key=True),
        sa.Column('at', moment(), nullable=False),
    )
    _set_samples(0)


def downgrade() -> None:
    """Undoes the change."""
    _set_samples(-1)
    for table in ('upkeep', 'preservation', 'erasure'):
        op.drop_table(table)


def _set_samples(number: int) -> None:
    """How many samples the planner keeps; -1 is what the server is set to."""
    if op.get_bind().dialect.name != 'sqlite':
        for table, column in WITHOUT_SAMPLES:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {number}')
