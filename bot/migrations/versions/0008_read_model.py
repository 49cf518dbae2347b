"""the read model of the console: tables, what keeps them up to date, and the full-text index"""

import sqlite3

import sqlalchemy as sa
from alembic import op

import bot.database

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

# (table, when, only if, column with the conversation, is it a message of a citizen). Rasa writes
# a whole turn in one transaction and every turn holds an action; `turns.undo` takes one out from
# its user event on.
WATCHED = (
    ('message', 'INSERT', "NEW.direction = 'in'", 'NEW.conversation_id', True),
    ('message', 'INSERT', "NEW.direction <> 'in'", 'NEW.conversation_id', False),
    ('message', 'UPDATE', None, 'NEW.conversation_id', False),
    ('events', 'INSERT', "NEW.type_name = 'action'", 'NEW.sender_id', False),
    ('events', 'DELETE', "OLD.type_name = 'user'", 'OLD.sender_id', False),
    ('rating', 'INSERT', None, 'NEW.conversation_id', False),
    ('rating', 'UPDATE', None, 'NEW.conversation_id', False),
    ('rating', 'DELETE', None, 'OLD.conversation_id', False),
    ('conversation', 'UPDATE OF gemeente, channel', None, 'NEW.id', False),
    ('conversation', 'DELETE', None, 'OLD.id', False),
    ('referral', 'INSERT', 'NEW.conversation_id IS NOT NULL', 'NEW.conversation_id', False),
    ('referral', 'DELETE', 'OLD.conversation_id IS NOT NULL', 'OLD.conversation_id', False),
)
FOLLOWS_TEXT = {
    'insert': "INSERT INTO review_words (rowid, body) VALUES (NEW.number, NEW.body);",
    'delete': (
        "INSERT INTO review_words (review_words, rowid, body) "
        "VALUES ('delete', OLD.number, OLD.body);"
    ),
}

def upgrade() -> None:
    """Makes the change."""
    _make_tables()
    cursor = sa.table(
        'review_cursor', sa.column('name'), sa.column('position'),
        sa.column('at', bot.database.UtcDateTime()),
    )
    op.execute(cursor.insert().values(name='conversations', position=0, at=bot.database.now()))
    if op.get_bind().dialect.name == 'sqlite':
        _prepare_sqlite()
    else:
        _prepare_postgresql()
    # What was said before is still to be projected.
    op.execute(
        'INSERT INTO review_due (conversation_id, message, at) '
        "SELECT conversation_id, direction = 'in', at FROM message"
    )


def downgrade() -> None:
    """Undoes the change."""
    sqlite = op.get_bind().dialect.name == 'sqlite'
    for number, (table, *_) in enumerate(WATCHED):
        op.execute(f'DROP TRIGGER review_due_{number}' + ('' if sqlite else f' ON {table}'))
    if sqlite:
        op.execute('DROP TABLE review_words')
    else:
        op.execute('DROP FUNCTION review_due_note()')
    for table in (
        'saved_view', 'review_cursor', 'review_due', 'review_text', 'review_flow', 'review_turn',
        'review_conversation',
    ):
        op.drop_table(table)


def _conversation(**options: bool) -> sa.Column:
    return sa.Column(
        'conversation_id',
        sa.String(64),
        sa.ForeignKey('conversation.id', ondelete='CASCADE'),
        nullable=False,
        **options,
    )


def _make_tables() -> None:
    moment = bot.database.UtcDateTime
    op.create_table(
        'review_conversation',
        _conversation(primary_key=True),
        sa.Column('number', sa.Integer(), nullable=False, unique=True),
        sa.Column('gemeente', sa.String(80)),
        sa.Column('channel', sa.String(32), nullable=False),
        sa.Column('started_at', moment(), nullable=False),
        sa.Column('last_at', moment(), nullable=False),
        sa.Column('turns', sa.Integer(), nullable=False),
        sa.Column('excerpt', sa.String(200), nullable=False),
        sa.Column('phase', sa.String(40)),
        sa.Column('intents', sa.JSON(), nullable=False),
        sa.Column('lowest_confidence', sa.Float()),
        sa.Column('fallbacks', sa.Integer(), nullable=False),
        sa.Column('handed_over', sa.Boolean(), nullable=False),
        sa.Column('ups', sa.Integer(), nullable=False),
        sa.Column('downs', sa.Integer(), nullable=False),
        sa.Column('helped', sa.String(10)),
        sa.Column('left_in', sa.String(40)),
        sa.Column('person_asked', sa.Boolean(), nullable=False),
    )
    for name, columns in (
        ('last_at', ['last_at', 'conversation_id']),
        ('gemeente', ['gemeente', 'last_at', 'conversation_id']),
        ('started_at', ['started_at']),
    ):
        op.create_index(f'ix_review_conversation_{name}', 'review_conversation', columns)
    op.create_table(
        'review_turn',
        sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
        _conversation(),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('at', moment(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('typed', sa.Boolean(), nullable=False),
        sa.Column('intent', sa.String(80)),
        sa.Column('confidence', sa.Float()),
        sa.Column('runner_up', sa.String(80)),
        sa.Column('runner_up_confidence', sa.Float()),
        sa.Column('ranking', sa.JSON(), nullable=False),
        sa.Column('entities', sa.JSON(), nullable=False),
        sa.Column('slots', sa.JSON(), nullable=False),
        sa.Column('action', sa.String(80)),
        sa.Column('services', sa.JSON(), nullable=False),
        sa.Column('topic', sa.String(80)),
        sa.Column('flow', sa.String(40)),
        sa.Column('step', sa.String(80)),
        sa.Column('fallback', sa.Boolean(), nullable=False),
        sa.Column('answered_ms', sa.Integer()),
        sa.Column('rating', sa.String(10)),
        sa.UniqueConstraint('conversation_id', 'seq'),
    )
    op.create_index(
        'ix_review_turn_doubt', 'review_turn', ['conversation_id', 'intent', 'confidence']
    )
    op.create_index('ix_review_turn_intent', 'review_turn', ['intent', 'at'])
    op.create_index('ix_review_turn_at', 'review_turn', ['at'])
    op.create_table(
        'review_flow',
        sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
        _conversation(),
        sa.Column('flow', sa.String(40), nullable=False),
        sa.Column('started_at', moment(), nullable=False),
        sa.Column('ended_at', moment()),
        sa.Column('outcome', sa.String(10), nullable=False),
        sa.Column('last_step', sa.String(80)),
        sa.Column('steps', sa.Integer(), nullable=False),
    )
    op.create_index(
        'ix_review_flow_outcome', 'review_flow', ['flow', 'outcome', 'conversation_id']
    )
    op.create_index(
        'ix_review_flow_conversation', 'review_flow', ['conversation_id', 'flow', 'outcome']
    )
    op.create_table(
        'review_text',
        sa.Column('number', sa.Integer(), primary_key=True, autoincrement=False),
        _conversation(unique=True),
        sa.Column('body', sa.Text(), nullable=False),
    )
    op.create_table(
        'review_due',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('conversation_id', sa.String(255), nullable=False, index=True),
        sa.Column('message', sa.Boolean(), nullable=False),
        sa.Column('at', moment(), nullable=False),
    )
    op.create_table(
        'review_cursor',
        sa.Column('name', sa.String(40), primary_key=True),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('at', moment(), nullable=False),
        sa.Column('holder', sa.String(40)),
        sa.Column('leased_until', moment()),
    )
    op.create_table(
        'saved_view',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('owner_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('query', sa.Text(), nullable=False),
        sa.Column('gemeenten', sa.JSON()),
        sa.Column('made_by', sa.Integer(), nullable=False),
        sa.Column('made_at', moment(), nullable=False),
        sa.UniqueConstraint('owner_id', 'name'),
    )


def _prepare_sqlite() -> None:
    for number, (table, when, condition, column, message) in enumerate(WATCHED):
        op.execute(
            f'CREATE TRIGGER review_due_{number} AFTER {when} ON {table}'
            + (f' WHEN {condition}' if condition else '')
            + ' BEGIN INSERT INTO review_due (conversation_id, message, at) VALUES ('
            f"{column}, {int(message)}, strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'); END"
        )
    op.execute(
        "CREATE VIRTUAL TABLE review_words USING fts5(body, content='review_text', "
        "content_rowid='number', tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    )
    if sqlite3.sqlite_version_info >= (3, 42):
        # What is erased leaves no trace in the index; older versions: bot/review/search.py.
        op.execute("INSERT INTO review_words (review_words, rank) VALUES ('secure-delete', 1)")
    for name, when, steps in (
        ('added', 'INSERT', ('insert',)),
        ('erased', 'DELETE', ('delete',)),
        ('changed', 'UPDATE', ('delete', 'insert')),
    ):
        body = ' '.join(FOLLOWS_TEXT[step] for step in steps)
        op.execute(
            f'CREATE TRIGGER review_text_{name} AFTER {when} ON review_text BEGIN {body} END'
        )


def _prepare_postgresql() -> None:
    op.execute(
        'CREATE FUNCTION review_due_note() RETURNS trigger LANGUAGE plpgsql AS $$ '
        'DECLARE changed record; conversation text; '
        'BEGIN '
        "IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF; "
        "IF TG_ARGV[0] = 'sender_id' THEN conversation := changed.sender_id; "
        "ELSIF TG_ARGV[0] = 'id' THEN conversation := changed.id; "
        'ELSE conversation := changed.conversation_id; END IF; '
        'INSERT INTO review_due (conversation_id, message, at) VALUES '
        "(conversation, TG_ARGV[1]::boolean, clock_timestamp() AT TIME ZONE 'utc'); "
        'RETURN NULL; END $$'
    )
    for number, (table, when, condition, column, message) in enumerate(WATCHED):
        name = column.split('.')[1]
        op.execute(
            f'CREATE TRIGGER review_due_{number} AFTER {when} ON {table} FOR EACH ROW'
            + (f' WHEN ({condition})' if condition else '')
            + f" EXECUTE FUNCTION review_due_note('{name}', '{message}')"
        )
    # The body is in plain letters already (bot/review/search.py): as it stands, and as stems.
    op.execute(
        'ALTER TABLE review_text ADD COLUMN words tsvector GENERATED ALWAYS AS '
        "(to_tsvector('simple', body) || to_tsvector('dutch', body)) STORED"
    )
    op.execute('CREATE INDEX ix_review_text_words ON review_text USING gin (words)')
