"""the read model of the console"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""


def downgrade() -> None:
    """Undoes the change."""
