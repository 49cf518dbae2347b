"""opening hours as data, warnings, and names of the uniform product list"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# The catalogue is filled from its files again at the next start, so its rows need no care here.
FILLED_FROM_FILES = ('source', 'service_facet', 'service', 'provider', 'answer', 'catalogue_version')


def upgrade() -> None:
    """Makes the change."""
    for table in FILLED_FROM_FILES:
        op.execute(sa.delete(sa.table(table)))
    op.drop_column('provider', 'hours')
    op.add_column('provider', sa.Column('hours', sa.JSON(), nullable=True))
    op.add_column('provider', sa.Column('hours_note', sa.String(length=300), nullable=True))
    op.add_column('service', sa.Column('upl', sa.JSON(), nullable=False, server_default='[]'))
    op.add_column('answer', sa.Column('watch_out', sa.Text(), nullable=True))
    op.add_column('answer', sa.Column('offer', sa.JSON(), nullable=True))


def downgrade() -> None:
    """Undoes the change."""
    for table in FILLED_FROM_FILES:
        op.execute(sa.delete(sa.table(table)))
    op.drop_column('answer', 'offer')
    op.drop_column('answer', 'watch_out')
    op.drop_column('service', 'upl')
    op.drop_column('provider', 'hours_note')
    op.drop_column('provider', 'hours')
    op.add_column('provider', sa.Column('hours', sa.String(length=300), nullable=True))
