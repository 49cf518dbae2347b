"""staff: accounts, sessions, and who looked at what"""

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""


def downgrade() -> None:
    """Undoes the change."""
