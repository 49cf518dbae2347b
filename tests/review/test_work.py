"""The review of a conversation: what is kept, who may, and that nobody overwrites a colleague."""

import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from work_data import conversation, person, said

from bot.conversations import log
from bot.conversations.model import Conversation
from bot.review import comments, corrections, tags, work
from bot.review.work import Review
from bot.review.work_model import Correction, ReviewComment, ReviewTag, ReviewWork
from bot.staff.model import Staff


@pytest.fixture
def beau(any_database):
    with any_database.session() as session:
        conversation(session, "c")
        said(session, "c", 1, "hoe vraag ik bbz aan")
        return person(session, "Beau")


def save(database, who, version, comment="", **fields):
    with database.session() as session:
        work.save(session, who, "c", version, Review(**fields), comment)


def kept(database):
    with database.session() as session:
        return work.kept(session, "c")


def test_a_conversation_that_nobody_looked_at_is_new(any_database, beau):
    found = kept(any_database)

    assert found.review == Review("new")
    assert found.version == 0


def test_what_is_saved_is_kept_with_who_did_it(any_database, beau):
    save(any_database, beau, 0, "Mooi.", state="done", flag="example", tags=("te-laat", "bbz"))

    found = kept(any_database)
    assert found.review == Review("done", None, "example", ("bbz", "te-laat"))
    assert (found.version, found.by) == (1, "Beau")
    with any_database.session() as session:
        (comment,) = comments.of(session, "c", beau.id)
    assert (comment.by, comment.text, comment.mine) == ("Beau", "Mooi.", True)


def test_who_starts_a_review_of_nobody_takes_it(any_database, beau):
    save(any_database, beau, 0, state="in_review")

    assert kept(any_database).review.assignee_id == beau.id


def test_the_second_of_two_who_saw_the_same_version_gets_both(any_database, beau):
    with any_database.session() as session:
        cas = person(session, "Cas")
    save(any_database, beau, 0, state="done", tags=("bbz",))

    with pytest.raises(work.Changed) as error:
        save(any_database, cas, 0, "Niet zo snel.", state="later", tags=("btw",))

    assert error.value.kept.review == Review("done", None, None, ("bbz",))
    assert error.value.kept.by == "Beau"
    assert error.value.wanted == Review("later", None, None, ("btw",))
    assert error.value.comment == "Niet zo snel."
    assert kept(any_database).review.tags == ("bbz",)
    with any_database.session() as session:
        assert comments.of(session, "c", cas.id) == []


@pytest.mark.parametrize("version", [0, 1])
def test_of_many_who_save_at_the_same_moment_exactly_one_wins(any_database, beau, version):
    if version:
        save(any_database, beau, 0, state="in_review")
    barrier = threading.Barrier(6)
    outcomes = []

    def reviewer(number):
        with any_database.session() as session:
            work.kept(session, "c")  # the connection is open before the race begins
        barrier.wait(30)
        try:
            save(any_database, beau, version, state="done", tags=(f"van-{number}",))
            outcomes.append(number)
        except work.Changed as error:
            outcomes.append(error.kept.review.tags)

    threads = [threading.Thread(target=reviewer, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    winners = [one for one in outcomes if isinstance(one, int)]
    assert len(outcomes) == 6
    assert len(winners) == 1
    assert kept(any_database).review.tags == (f"van-{winners[0]}",)
    assert kept(any_database).version == version + 1
    assert [one for one in outcomes if one not in winners] == [(f"van-{winners[0]}",)] * 5


def test_of_two_decisions_on_one_message_at_the_same_moment_one_wins(any_database, beau):
    barrier = threading.Barrier(4)
    outcomes = []

    def reviewer(intent):
        barrier.wait(30)
        try:
            with any_database.session() as session:
                wanted = corrections.Verdict("intent", intent)
                corrections.decide(session, beau, "c", 1, 0, wanted)
            outcomes.append(intent)
        except corrections.CorrectionChanged as error:
            outcomes.append((error.kept.intent, error.wanted.intent, error.by))

    intents = ["btw", "subsidie", "pensioen", "tarief"]
    threads = [threading.Thread(target=reviewer, args=(intent,)) for intent in intents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    (winner,) = [one for one in outcomes if isinstance(one, str)]
    losers = {one for one in outcomes if not isinstance(one, str)}
    assert losers == {(winner, intent, "Beau") for intent in intents if intent != winner}
    with any_database.session() as session:
        assert session.execute(sa.select(Correction.intent)).scalars().all() == [winner]


def test_a_conversation_of_another_gemeente_is_as_unknown_as_none(any_database, beau):
    with any_database.session() as session:
        other = person(session, "Dani", gemeenten={"Zwolle"})
        for name in ("c", "bestaat-niet"):
            with pytest.raises(work.UnknownReview):
                work.panel(session, other, name)
            with pytest.raises(work.UnknownReview):
                work.save(session, other, name, 0, Review("done"))


def test_a_conversation_without_gemeente_is_only_for_who_sees_all(any_database, beau):
    with any_database.session() as session:
        conversation(session, "zonder", gemeente=None)
        other = person(session, "Dani", gemeenten={"Assen"})
        with pytest.raises(work.UnknownReview):
            work.visible(session, "zonder", other.gemeenten)
        assert work.visible(session, "zonder", beau.gemeenten)


def test_only_colleagues_who_may_review_this_gemeente_can_get_it(any_database, beau):
    with any_database.session() as session:
        person(session, "Lezer", roles=("lezer",))
        away = person(session, "Weg")
        session.get(Staff, away.id).disabled_at = sa.func.now()
        elsewhere = person(session, "Elders", gemeenten={"Zwolle"})
        near = person(session, "Dichtbij", gemeenten={"Assen"})
        session.flush()
        names = work.colleagues(session, "Assen")

    assert names == {beau.id: "Beau", near.id: "Dichtbij"}
    with pytest.raises(work.InvalidReview, match="collega"):
        save(any_database, beau, 0, state="in_review", assignee_id=elsewhere.id)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "weg"},
        {"state": "done", "flag": "raar"},
        {"state": "done", "tags": tuple(f"label-{number}" for number in range(11))},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(any_database, beau, fields):
    with pytest.raises(work.InvalidReview):
        save(any_database, beau, 0, **fields)

    assert kept(any_database).version == 0


def test_a_comment_with_contact_details_is_refused_and_the_review_with_it(any_database, beau):
    with pytest.raises(comments.InvalidComment, match="contactgegevens"):
        save(any_database, beau, 0, "bel haar op 06-12345678", state="done")

    assert kept(any_database).version == 0


def test_only_who_wrote_a_comment_can_remove_it(any_database, beau):
    save(any_database, beau, 0, "Van mij.", state="done")
    with any_database.session() as session:
        cas = person(session, "Cas")
        (comment,) = comments.of(session, "c", cas.id)
        assert not comment.mine
        assert not comments.remove(session, "c", comment.id, cas.id)
        assert not comments.remove(session, "ander", comment.id, beau.id)
        assert comments.remove(session, "c", comment.id, beau.id)
        assert comments.of(session, "c", beau.id) == []


def test_erasing_a_conversation_erases_all_that_was_said_about_it(any_database, beau):
    save(any_database, beau, 0, "Een opmerking.", state="done", tags=("bbz",))
    with any_database.session() as session:
        corrections.decide(session, beau, "c", 1, 0, corrections.Verdict("intent", "btw"))
    with any_database.session() as session:
        log.erase(session, "c")

    with any_database.session() as session:
        for table in (ReviewWork, ReviewTag, ReviewComment, Correction):
            assert session.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0


def test_an_account_that_goes_leaves_the_review(any_database, beau):
    save(any_database, beau, 0, "Blijft.", state="in_review")
    with any_database.session() as session:
        session.execute(sa.delete(Staff).where(Staff.id == beau.id))

    with any_database.session() as session:
        found = work.kept(session, "c")
        (comment,) = comments.of(session, "c", 0)
    assert found.review.assignee_id is None
    assert found.by == comment.by == comments.SOMEONE_GONE
    with any_database.session() as session:
        assert session.get(Conversation, "c")


def test_the_tags_that_are_used_most_are_suggested_within_ones_own_gemeenten(any_database, beau):
    with any_database.session() as session:
        conversation(session, "d")
        conversation(session, "z", gemeente="Zwolle")
        tags.replace(session, "c", ["bbz", "btw"])
        tags.replace(session, "d", ["btw"])
        tags.replace(session, "z", ["zwols"])

        assert tags.suggestions(session, None) == ["btw", "bbz", "zwols"]
        assert tags.suggestions(session, frozenset({"Assen"})) == ["btw", "bbz"]


def test_tags_have_one_spelling():
    assert tags.parse("Te  laat!, te-laat; BTW,, \n Één vraag") == ("te-laat", "btw", "één-vraag")


@given(st.text())
def test_a_tag_is_the_same_when_it_is_normalised_again(text):
    once = tags.normalise(text)

    assert tags.normalise(once) == once
    assert len(once) <= tags.LONGEST
