"""review of conversations: states, tags, comments, corrections"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""


def downgrade() -> None:
    """Undoes the change."""
