"""PostgreSQL tells who listens in which conversation something was said or erased

SQLite tells nothing: there the processes look for themselves (bot/gateway/changes.py).
"""

from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the change."""
    if op.get_bind().dialect.name == 'sqlite':
        return
    # Sent at the commit, and once however many messages of a conversation were in it
    # (https://www.postgresql.org/docs/current/sql-notify.html).
    op.execute(
        'CREATE FUNCTION message_notice() RETURNS trigger LANGUAGE plpgsql AS $$ '
        'BEGIN '
        "IF TG_OP = 'DELETE' "
        "THEN PERFORM pg_notify('startwijzer_message', OLD.conversation_id); "
        "ELSE PERFORM pg_notify('startwijzer_message', NEW.conversation_id); END IF; "
        'RETURN NULL; END $$'
    )
    op.execute(
        'CREATE TRIGGER message_notice AFTER INSERT OR DELETE ON message FOR EACH ROW '
        'EXECUTE FUNCTION message_notice()'
    )


def downgrade() -> None:
    """Undoes the change."""
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP TRIGGER message_notice ON message')
        op.execute('DROP FUNCTION message_notice()')
