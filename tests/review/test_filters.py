"""Filters: each does what it says, they combine, and an address is as good as a filter."""

from datetime import date, datetime, timedelta, timezone
from itertools import count as numbers

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_data import dump

from bot.conversations.model import Conversation
from bot.review import filters
from bot.review.filters import NAMES, SORTS, Filter, Place
from bot.review.model import ReviewConversation, ReviewFlow, ReviewTurn
from bot.review.work_model import ReviewTag, ReviewWork
from bot.staff import accounts
from bot.taxonomy import taxonomy

NOON = datetime(2026, 5, 20, 10, tzinfo=timezone.utc)
INJECTIONS = [
    "' OR '1'='1",
    "'; DROP TABLE review_conversation; --",
    '" OR ""="',
    "1 OR 1=1",
    "%",
    "_",
    "\\",
    "x') UNION SELECT password_hash FROM staff --",
    "\x00",
    "\ud800",
    "9" * 400,
    "-1",
    "1e9",
    "٣",
]


@pytest.fixture
def add(any_database):
    """Puts a conversation in the read model; its id."""
    ids = numbers(1)

    def put(name, *, turns=(), flows=(), state=None, tags=(), assignee=None, **values):
        number = next(ids)
        at = values.pop("at", NOON)
        row = {
            "gemeente": "Assen",
            "channel": "web",
            "started_at": at,
            "last_at": at,
            "turns": 3,
            "excerpt": name,
            "intents": [],
            "fallbacks": 0,
            "handed_over": False,
            "ups": 0,
            "downs": 0,
            "person_asked": False,
            **values,
        }
        with any_database.session() as session:
            session.add(Conversation(id=name, channel="web", created_at=at, last_message_at=at))
            session.flush()
            session.add(ReviewConversation(conversation_id=name, number=number, **row))
            for seq, (intent, confidence) in enumerate(turns):
                shape = {"ranking": [], "entities": [], "slots": {}, "services": []}
                session.add(
                    ReviewTurn(
                        id=number * 100 + seq,
                        conversation_id=name,
                        seq=seq,
                        at=at,
                        text="",
                        typed=True,
                        intent=intent,
                        confidence=confidence,
                        fallback=False,
                        **shape,
                    )
                )
            for place, (flow, outcome) in enumerate(flows):
                session.add(
                    ReviewFlow(
                        id=number * 100 + place,
                        conversation_id=name,
                        flow=flow,
                        started_at=at,
                        outcome=outcome,
                        steps=0,
                    )
                )
            if state or assignee:
                session.add(
                    ReviewWork(
                        conversation_id=name,
                        state=state or "in_review",
                        assignee_id=assignee,
                        version=1,
                        updated_at=at,
                    )
                )
            session.add_all(ReviewTag(conversation_id=name, tag=tag) for tag in tags)

    return put


@pytest.fixture
def find(any_database):
    """The names that a filter finds, in order."""

    def search(gemeenten=None, sort="newest", **chosen):
        with any_database.session() as session:
            found = filters.conversations(session, Filter(**chosen), gemeenten, Place(sort))
            return [row.conversation_id for row in found.rows]

    return search


EVERY = [
    ({"since": date(2026, 5, 20)}, {"at": NOON}, {"at": NOON - timedelta(days=1)}),
    ({"until": date(2026, 5, 20)}, {"at": NOON}, {"at": NOON + timedelta(days=1)}),
    ({"channel": "whatsapp"}, {"channel": "whatsapp"}, {}),
    ({"gemeente": "Breda"}, {"gemeente": "Breda"}, {}),
    ({"phase": "starten"}, {"phase": "starten"}, {"phase": "uitbreiden"}),
    ({"intent": "btw"}, {"turns_of": [("btw", 0.9)]}, {"turns_of": [("bbz", 0.9)]}),
    ({"least_confidence": 50}, {"lowest_confidence": 0.5}, {"lowest_confidence": 0.49}),
    ({"most_confidence": 50}, {"lowest_confidence": 0.5}, {"lowest_confidence": 0.51}),
    ({"most_confidence": 100}, {"lowest_confidence": 0.5}, {"lowest_confidence": None}),
    (
        {"intent": "btw", "most_confidence": 50},
        {"turns_of": [("btw", 0.4)]},
        {"turns_of": [("btw", 0.9), ("bbz", 0.4)], "lowest_confidence": 0.4},
    ),
    ({"fallback": True}, {"fallbacks": 2}, {}),
    ({"fallback": False}, {}, {"fallbacks": 2}),
    ({"flow": "zelfscan"}, {"flows": [("zelfscan", "open")]}, {"flows": [("plan", "open")]}),
    ({"outcome": "left"}, {"flows": [("plan", "left")]}, {"flows": [("plan", "open")]}),
    (
        {"flow": "plan", "outcome": "left"},
        {"flows": [("plan", "left")]},
        {"flows": [("plan", "open"), ("zelfscan", "left")]},
    ),
    ({"handed_over": True}, {"handed_over": True}, {}),
    ({"handed_over": False}, {}, {"handed_over": True}),
    ({"rating": "up"}, {"ups": 1}, {"downs": 1}),
    ({"rating": "down"}, {"downs": 1}, {"ups": 1}),
    ({"rating": "none"}, {}, {"helped": "no"}),
    ({"rating": "no"}, {"helped": "no"}, {"helped": "yes"}),
    ({"tag": "Let op!"}, {"tags": ["let-op", "x"]}, {"tags": ["x"]}),
    ({"state": "new"}, {}, {"state": "done"}),
    ({"state": "new"}, {"state": "new"}, {"state": "later"}),
    ({"state": "done"}, {"state": "done"}, {}),
    ({"least_turns": 3}, {"turns": 3}, {"turns": 2}),
    ({"most_turns": 3}, {"turns": 3}, {"turns": 4}),
    ({}, {"turns": 1}, {"turns": 0}),
]


@pytest.mark.parametrize(("chosen", "right", "wrong"), EVERY)
def test_a_filter_finds_what_it_says_and_nothing_else(
    any_database, add, find, chosen, right, wrong
):
    for name, values in (("right", right), ("wrong", wrong)):
        values = dict(values)
        turns = values.pop("turns_of", ())
        length = values.pop("turns", 3)
        add(name, turns=turns, **values)
        with any_database.session() as session:
            session.get(ReviewConversation, name).turns = length

    assert find(**chosen) == ["right"]


def test_a_filter_on_a_reviewer_finds_what_that_one_has(any_database, add, find):
    with any_database.session() as session:
        beau = accounts.add(session, email="b@a.nl", name="Beau", roles=["beoordelaar"]).id
    add("hers", assignee=beau)
    add("nobodys")

    assert find(reviewer=beau) == ["hers"]


def test_filters_combine(add, find):
    add("both", channel="whatsapp", fallbacks=1, flows=[("plan", "left")], tags=["x"])
    add("one", channel="whatsapp", flows=[("plan", "left")], tags=["x"])
    add("other", fallbacks=1, flows=[("plan", "left")], tags=["x"])

    assert find(channel="whatsapp", fallback=True, flow="plan", tag="x") == ["both"]


def test_days_are_days_in_the_netherlands(add, find):
    add("late", at=datetime(2026, 5, 20, 21, 59, tzinfo=timezone.utc))
    add("later", at=datetime(2026, 5, 20, 22, 0, tzinfo=timezone.utc))

    assert find(since=date(2026, 5, 20), until=date(2026, 5, 20)) == ["late"]
    assert find(since=date(2026, 5, 21)) == ["later"]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_error(add, find, day):
    add("one")

    assert find(since=day) == (["one"] if day == date.min else [])
    assert find(until=day) == (["one"] if day == date.max else [])


def test_a_gemeente_finds_only_its_own_whatever_it_asks(add, find):
    add("ours", gemeente="Assen")
    add("theirs", gemeente="Breda")
    add("nobodys", gemeente=None)

    assert find(gemeenten=frozenset(["Assen"])) == ["ours"]
    assert find(gemeenten=frozenset(["Assen"]), gemeente="Breda") == []
    assert find(gemeenten=frozenset()) == []
    assert sorted(find()) == ["nobodys", "ours", "theirs"]


@pytest.mark.parametrize("name", list(NAMES))
def test_no_address_is_more_than_a_question(any_database, add, name):
    add("one")
    before = dump(any_database)
    for text in INJECTIONS:
        chosen = Filter.from_query({NAMES[name]: text})
        with any_database.session() as session:
            found = filters.conversations(session, chosen, None, Place()).rows
            filters.count(session, chosen, None)

        asked = getattr(chosen, name) is not None
        assert not (found and asked) or name in ("until", "most_turns")
    assert dump(any_database) == before


@pytest.mark.parametrize("sort", SORTS)
def test_nonsense_for_a_place_gives_the_first_page(any_database, add, sort):
    add("one")
    with any_database.session() as session:
        for mark in [*INJECTIONS, "~", "1~x", "2026-01-01~x", "nan~x", "inf~x"]:
            for place in (Place(sort, after=mark), Place(sort, before=mark)):
                found = filters.conversations(session, Filter(), None, place)
                assert len(found.rows) <= 1


TEXTS = st.text(max_size=30)
QUERIES = st.dictionaries(
    st.sampled_from(sorted(NAMES.values())),
    st.one_of(
        TEXTS,
        st.integers(-5, 10**6).map(str),
        st.dates().map(str),
        st.sampled_from(["ja", "nee", "new", "done", "up", "left", "zelfscan", "web"]),
        st.sampled_from(sorted(taxonomy().intents)),
        st.sampled_from(sorted(taxonomy().phases)),
    ),
)


@given(QUERIES)
def test_an_address_gives_the_same_filter_back(query):
    chosen = Filter.from_query(query)

    assert Filter.from_query(chosen.as_query()) == chosen
    assert set(chosen.as_query()) <= set(query)


def test_every_filter_survives_the_address():
    chosen = Filter(
        since=date(2026, 1, 2),
        until=date(2026, 3, 4),
        channel="whatsapp",
        gemeente="'s-Hertogenbosch & co",
        phase="starten",
        intent="btw",
        least_confidence=0,
        most_confidence=100,
        fallback=False,
        flow="plan",
        outcome="left",
        handed_over=True,
        rating="partly",
        tag="let op",
        reviewer=7,
        state="later",
        least_turns=0,
        most_turns=9,
        text='"eigen bedrijf" ümlaut',
    )

    assert len(chosen.as_query()) == len(NAMES)
    assert Filter.from_query(chosen.as_query()) == chosen


def listed(database, sort, size, backwards=False):
    """All names by going through the pages."""
    found, mark = [], None
    with database.session() as session:
        while True:
            place = Place(sort, before=mark) if backwards else Place(sort, after=mark)
            place = Place(sort, place.after, place.before, size)
            page = filters.conversations(session, Filter(least_turns=0), None, place)
            names = [row.conversation_id for row in page.rows]
            found = names + found if backwards else found + names
            mark = page.before if backwards else page.after
            if mark is None:
                return found


@pytest.fixture
def many(any_database, add):
    """More than fit on a page, with doubles in everything that is sorted on."""
    for number in range(23):
        add(
            f"c{number:02}",
            at=NOON + timedelta(minutes=number // 3),
            turns=(),
            lowest_confidence=None if number % 5 == 0 else 0.1 * (number % 4),
            fallbacks=number % 3,
        )
    with any_database.session() as session:
        for number in range(23):
            session.get(ReviewConversation, f"c{number:02}").turns = number % 4
    return any_database


@pytest.mark.parametrize("size", [1, 5, 23, 30])
@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_hold_everything_once_and_in_order(many, sort, size):
    whole = listed(many, sort, 100)

    assert sorted(whole) == [f"c{number:02}" for number in range(23)]
    assert listed(many, sort, size) == whole


@pytest.mark.parametrize("sort", SORTS)
def test_going_back_gives_the_same_pages(many, sort):
    with many.session() as session:
        first = filters.conversations(session, Filter(least_turns=0), None, Place(sort, size=5))
        second = filters.conversations(
            session, Filter(least_turns=0), None, Place(sort, after=first.after, size=5)
        )
        back = filters.conversations(
            session, Filter(least_turns=0), None, Place(sort, before=second.before, size=5)
        )

    assert first.before is None
    assert [r.conversation_id for r in back.rows] == [r.conversation_id for r in first.rows]
    assert (back.before, back.after) == (None, first.after)


def test_sorting_does_what_it_says(many):
    with many.session() as session:

        def values(sort, name):
            page = filters.conversations(session, Filter(least_turns=0), None, Place(sort))
            return [getattr(row, name) for row in page.rows]

        doubt = values("doubt", "lowest_confidence")
        assert values("newest", "last_at") == sorted(values("newest", "last_at"), reverse=True)
        assert values("oldest", "last_at") == sorted(values("oldest", "last_at"))
        assert values("longest", "turns") == sorted(values("longest", "turns"), reverse=True)
        assert values("fallbacks", "fallbacks")[0] == 2
        assert doubt == sorted(doubt, key=lambda value: 2 if value is None else value)


@pytest.mark.parametrize("sort", SORTS)
def test_neighbours_are_those_of_the_list(many, sort):
    chosen = Filter(least_turns=0, fallback=True)
    with many.session() as session:
        page = filters.conversations(session, chosen, None, Place(sort)).rows
        names = [row.conversation_id for row in page]
        around = [filters.neighbours(session, chosen, None, row, sort) for row in page]

    assert [before for before, _ in around] == [None, *names[:-1]]
    assert [after for _, after in around] == [*names[1:], None]


def test_counting_stops_where_it_says_nothing_more(many):
    with many.session() as session:
        assert filters.count(session, Filter(least_turns=0), None) == 23
        assert filters.count(session, Filter(least_turns=0), None, most=10) == 11
        assert filters.count(session, Filter(), frozenset(["Breda"])) == 0
