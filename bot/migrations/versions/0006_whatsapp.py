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


def downgrade() -> None:
    """Undoes the change."""
