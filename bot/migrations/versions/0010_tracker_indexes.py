"""indexes for what one turn of the dialogue reads"""

from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""
    op.create_index('ix_events_session', 'events', ['sender_id', 'type_name', 'id'])
    op.create_index('ix_events_conversation', 'events', ['sender_id', 'id'])
    op.drop_index('ix_events_sender_id', 'events')


def downgrade() -> None:
    """Undoes the change."""
    op.create_index('ix_events_sender_id', 'events', ['sender_id'])
    op.drop_index('ix_events_conversation', 'events')
    op.drop_index('ix_events_session', 'events')
