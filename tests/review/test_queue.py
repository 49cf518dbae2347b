"""The queue: what is in it, that no subject starves, and what reviewers did."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from work_data import MOMENT, conversation, correction, missed, person, said

from bot.review import queue, work
from bot.review.queue import Doubt, drawn
from bot.review.work import Review

LATER = MOMENT + timedelta(hours=3)
DAY = date(2026, 5, 20)


def doubts(counts):
    return [
        Doubt(f"{guess}-{n}", 1, MOMENT, "", guess, ("fallback",), None, "web")
        for guess, number in counts.items()
        for n in range(number)
    ]


numbers = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 60), min_size=1, max_size=15
)
days = st.dates(date(2026, 1, 1), date(2027, 1, 1))


@given(numbers, days)
def test_every_subject_is_among_the_first(counts, day):
    first = drawn(doubts(counts), day)[: len(counts)]

    assert {doubt.guess for doubt in first} == set(counts)


@given(numbers, days)
def test_everything_is_drawn_once(counts, day):
    given_doubts = doubts(counts)

    assert Counter(drawn(given_doubts, day)) == Counter(given_doubts)


@given(numbers, days, st.randoms())
def test_the_order_follows_from_the_day_and_not_from_the_database(counts, day, chance):
    shuffled = doubts(counts)
    chance.shuffle(shuffled)

    assert drawn(shuffled, day) == drawn(doubts(counts), day)


def test_a_subject_with_many_gets_a_share_by_its_square_root():
    order = drawn(doubts({"veel": 100, "weinig": 4}), DAY)

    # Ten of the large one for every two of the small one.
    last = max(n for n, doubt in enumerate(order) if doubt.guess == "weinig")
    assert sum(doubt.guess == "veel" for doubt in order[:last]) in (15, 16)


def test_another_day_has_another_order():
    given_doubts = doubts({"a": 30, "b": 30})

    assert drawn(given_doubts, DAY) != drawn(given_doubts, DAY + timedelta(days=1))


def test_more_reasons_go_first():
    few = Doubt("few", 1, MOMENT, "", "bbz", ("fallback",), None, "web")
    more = Doubt("more", 1, MOMENT, "", "bbz", ("fallback", "down"), None, "web")

    assert drawn([few, more], DAY) == [more, few]


@pytest.fixture
def reviewers(any_database):
    with any_database.session() as session:
        return person(session, "Beau"), person(session, "Cas")


def found(database, who, gemeenten=None, limit=50, moment=LATER):
    with database.session() as session:
        return queue.queue(session, gemeenten, who.id, limit, moment)


def test_the_queue_has_what_the_bot_doubted_with_the_reasons(any_database, reviewers):
    with any_database.session() as session:
        conversation(session, "goed")
        said(session, "goed", 1, "bbz")
        conversation(session, "gemist")
        missed(session, "gemist", 1, "huh", guess="tarief", rating="down")
        conversation(session, "twee")
        close = {"intent": "btw", "confidence": 0.72, "runner_up_confidence": 0.25}
        said(session, "twee", 1, "belasting", **close)
        said(session, "twee", 3, "in een formulier", flow="zelfscan", **close)
        conversation(session, "weg", left_in="zelfscan")
        said(session, "weg", 1, "zelfscan graag", intent="zelfscan")
        said(session, "weg", 3, "laatste antwoord", intent="informatie_geven")
        conversation(session, "mens", person_asked=True)
        said(session, "mens", 1, "mijn huur", intent="geldproblemen")
        said(session, "mens", 3, "geef me een mens", intent="medewerker_spreken")

    items = {
        (d.conversation_id, d.seq): (d.guess, d.reasons) for d in found(any_database, reviewers[0])
    }
    assert items == {
        ("gemist", 1): ("tarief", ("fallback", "down")),
        ("twee", 1): ("btw", ("close",)),
        ("weg", 3): ("informatie_geven", ("left",)),
        ("mens", 1): ("geldproblemen", ("person",)),
    }


def test_who_may_still_be_talking_did_not_leave(any_database, reviewers):
    with any_database.session() as session:
        conversation(session, "weg", left_in="zelfscan")
        said(session, "weg", 1, "zelfscan graag")

    assert found(any_database, reviewers[0], moment=MOMENT + timedelta(minutes=30)) == []
    assert len(found(any_database, reviewers[0])) == 1


def test_done_put_off_and_with_a_colleague_are_not_in_the_queue(any_database, reviewers):
    beau, cas = reviewers
    with any_database.session() as session:
        for name in ("klaar", "later", "van-cas", "van-mij", "nieuw", "besloten"):
            conversation(session, name)
            missed(session, name, 1, f"bericht {name}")
        work.save(session, beau, "klaar", 0, Review("done"))
        work.save(session, beau, "later", 0, Review("later"))
        work.save(session, cas, "van-cas", 0, Review("in_review"))
        work.save(session, beau, "van-mij", 0, Review("in_review"))
        correction(session, "besloten", 1, "x", "bbz", beau)

    assert {d.conversation_id for d in found(any_database, beau)} == {"van-mij", "nieuw"}
    assert {d.conversation_id for d in found(any_database, cas)} == {"van-cas", "nieuw"}


def test_what_is_taken_out_does_not_move_the_rest(any_database, reviewers):
    beau, _ = reviewers
    with any_database.session() as session:
        for n in range(12):
            conversation(session, f"c{n}")
            missed(session, f"c{n}", 1, f"bericht {n}", guess="bbz")
    before = found(any_database, beau)
    with any_database.session() as session:
        work.save(session, beau, before[3].conversation_id, 0, Review("done"))

    assert found(any_database, beau) == before[:3] + before[4:]


def test_the_queue_of_a_gemeente_holds_only_its_own_and_nothing_old(any_database, reviewers):
    with any_database.session() as session:
        conversation(session, "assen")
        missed(session, "assen", 1, "een")
        conversation(session, "zwolle", gemeente="Zwolle")
        missed(session, "zwolle", 1, "twee")

    assert [
        d.conversation_id for d in found(any_database, reviewers[0], frozenset({"Zwolle"}))
    ] == ["zwolle"]
    assert found(any_database, reviewers[0], moment=MOMENT + timedelta(days=31)) == []


def test_no_subject_fills_the_queue_with_all_it_has(any_database, reviewers, monkeypatch):
    monkeypatch.setattr(queue, "MOST_PER_INTENT", 3)
    with any_database.session() as session:
        conversation(session, "c")
        for n in range(5):
            missed(session, "c", 2 * n + 1, f"bericht {n}")

    assert {d.seq for d in found(any_database, reviewers[0])} == {5, 7, 9}


def test_progress_counts_what_each_reviewer_did(any_database, reviewers):
    beau, cas = reviewers
    with any_database.session() as session:
        for name in ("een", "twee", "drie"):
            conversation(session, name, gemeente="Zwolle" if name == "drie" else "Assen")
            missed(session, name, 1, name)
        work.save(session, beau, "een", 0, Review("done"))
        work.save(session, beau, "twee", 0, Review("in_review"))
        work.save(session, cas, "drie", 0, Review("done"))
        correction(session, "twee", 1, "x", "bbz", cas)

    with any_database.session() as session:
        everyone = queue.progress(session, None, MOMENT)
        assen = queue.progress(session, frozenset({"Assen"}), MOMENT)
        nobody = queue.progress(session, None, MOMENT + timedelta(days=9999))
    assert [(p.name, p.done, p.in_review, p.corrections) for p in everyone] == [
        ("Cas", 1, 0, 1),
        ("Beau", 1, 1, 0),
    ]
    assert [(p.name, p.done, p.corrections) for p in assen] == [("Beau", 1, 0), ("Cas", 0, 1)]
    assert nobody == []
