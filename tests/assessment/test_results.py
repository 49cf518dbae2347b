from datetime import timedelta

import jwt
import pytest
import sqlalchemy as sa

from bot.assessment import results
from bot.assessment.model import Result
from bot.assessment.page import Bar, Page, Section
from bot.assessment.results import Links, UnknownResult
from bot.conversations import log
from bot.database import now
from bot.flows.model import Progress
from bot.gateway.sessions import InvalidSession, Sessions
from bot.privacy.keys import derive

SECRET = "een-geheim-van-minstens-32-tekens-lang"
BASE = "https://start.voorbeeldstad.nl"
LINKS = Links(SECRET, BASE)
ANSWERS = {"lengte": "kort", "zs01": "4", "zs02": None}


def a_page(intro="Dit zie ik.", version=2):
    section = Section("Dit draagt je", ["Alinea."], ["Punt."], True)
    bars = [Bar("Wat je drijft", "carries", 0.75), Bar("Je markt", "unknown", None)]
    return Page("Jouw profiel", intro, [section], bars, version, "22 november 2026")


def talk(session):
    return log.start(session, channel="web", gemeente=None, page=None).id


def kept(session, conversation=None, run="run", kind="zelfscan", page=None, answers=None):
    """The id of a result that was kept just now."""
    progress = Progress(run, dict(ANSWERS if answers is None else answers))
    return results.keep(session, conversation or talk(session), kind, progress, page or a_page())


def token_of(address):
    return address.split("/")[-2]


def number(session):
    return session.execute(sa.select(sa.func.count()).select_from(Result)).scalar()


def later(monkeypatch, **term):
    """What is made from now on, is made then."""
    moment = now() + timedelta(**term)
    monkeypatch.setattr(results, "now", lambda: moment)


# --- keeping ---


def test_a_result_is_kept_with_its_page_answers_and_version(database):
    with database.session() as session:
        made = kept(session)
    with database.session() as session:
        found = session.get(Result, made)

        assert (found.kind, found.run, found.version) == ("zelfscan", "run", 2)
        assert found.answers == ANSWERS
        assert found.outcome is None
        assert Page.from_dict(found.page).sections[0].points == ["Punt."]


def test_one_passage_has_one_result_that_changes_with_it(database):
    """After the profile someone goes back, corrects an answer, and sees the profile again."""
    with database.session() as session:
        conversation = talk(session)
        first = kept(session, conversation)
    with database.session() as session:
        corrected = {**ANSWERS, "zs02": "1"}
        second = kept(session, conversation, page=a_page("Nieuw.", 3), answers=corrected)

        assert first == second
        assert number(session) == 1
    with database.session() as session:
        found = session.get(Result, first)
        assert (found.page["intro"], found.version) == ("Nieuw.", 3)
        assert found.answers["zs02"] == "1"


def test_another_passage_has_another_result(database):
    with database.session() as session:
        conversation = talk(session)
        ids = {kept(session, conversation, run=f"run{n}") for n in range(20)}

        assert len(ids) == number(session) == 20
        assert min(map(len, ids)) >= 32


def test_a_conversation_over_rasas_own_channel_is_made_known_with_its_result(database):
    with database.session() as session:
        kept(session, "not-through-the-gateway")
        log.erase(session, "not-through-the-gateway")

    with database.session() as session:
        assert session.execute(sa.select(Result)).first() is None


def test_the_decision_is_noted_with_its_own_passage(database):
    with database.session() as session:
        conversation = talk(session)
        one, other = (kept(session, conversation, run=name) for name in ("een", "twee"))
        results.decide(session, "een", "no_go")
    with database.session() as session:
        assert session.get(Result, one).outcome == "no_go"
        assert session.get(Result, other).outcome is None


def test_keeping_again_does_not_forget_the_decision(database):
    with database.session() as session:
        conversation = talk(session)
        made = kept(session, conversation)
        results.decide(session, "run", "go")
        kept(session, conversation)
    with database.session() as session:
        assert session.get(Result, made).outcome == "go"


def test_the_latest_is_the_newest_of_its_kind_in_its_own_conversation(database, monkeypatch):
    with database.session() as session:
        mine, theirs = talk(session), talk(session)
        kept(session, mine, "oud")
        later(monkeypatch, minutes=1)
        newest = kept(session, mine, "nieuw")
        plan = kept(session, mine, "plan", kind="plan")
        later(monkeypatch, minutes=2)
        kept(session, theirs, "ander")

        assert results.latest(session, mine, "zelfscan").id == newest
        assert results.latest(session, mine, "plan").id == plan
        assert results.latest(session, mine, "quickscan") is None
        assert {found.id for found in results.newest(session, mine)} == {newest, plan}
        assert results.newest(session, talk(session)) == []


def test_the_figures_get_answers_of_one_version_and_nothing_of_a_person(database):
    with database.session() as session:
        mine, theirs = talk(session), talk(session)
        kept(session, mine, "a", answers={"zs01": "1"})
        kept(session, theirs, "b", answers={"zs01": "5"})
        kept(session, mine, "c", page=a_page(version=1), answers={"oud": "1"})
        kept(session, mine, "d", kind="quickscan", answers={"kas": "ja"})

        found = results.answered(session, "zelfscan", 2)

    assert sorted(found, key=str) == [{"zs01": "1"}, {"zs01": "5"}]


# --- links ---


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_a_link_opens_its_own_result(database, kind):
    with database.session() as session:
        made = kept(session, page=a_page("Van mij."))
        kept(session, run="ander", page=a_page("Van een ander."))
    address = LINKS.address(made, kind)

    assert address.startswith(f"{BASE}/api/v1/results/")
    assert address.endswith(f"/{kind}")
    assert made not in address
    with database.session() as session:
        page = LINKS.read(session, token_of(address))
    assert page.intro == "Van mij."
    assert [(bar.label, bar.share) for bar in page.bars] == [
        ("Wat je drijft", 0.75),
        ("Je markt", None),
    ]
    assert page.sections[0] == Section("Dit draagt je", ["Alinea."], ["Punt."], True)


def test_a_page_of_an_older_bank_still_opens(database):
    with database.session() as session:
        old = Page("Oud", "Toen.", [], [Bar("Doorzetten", "carries", 0.7)], 1, "1 maart 2026")
        made = kept(session, page=old)
    with database.session() as session:
        page = LINKS.read(session, token_of(LINKS.address(made, "pdf")))

    assert (page.title, page.version, page.bars[0].label) == ("Oud", 1, "Doorzetten")


def refused(session, token, links=LINKS):
    with pytest.raises(UnknownResult):
        links.read(session, token)
    return True


def test_a_link_that_was_changed_anywhere_does_not_open(database):
    with database.session() as session:
        token = token_of(LINKS.address(kept(session), "pdf"))
        other = token_of(LINKS.address(kept(session, run="ander"), "pdf"))
        head, body, signature = token.split(".")

        assert refused(session, f"{head}.{other.split('.')[1]}.{signature}")
        assert refused(session, f"{head}.{body}.{other.split('.')[2]}")
        # The last letter of a part may have bits that do not count, so that one is left alone.
        for place in [*range(0, len(token) - 1, 7)]:
            if token[place] != "." and token[place + 1 : place + 2] not in ("", "."):
                swapped = "A" if token[place] != "A" else "B"
                assert refused(session, token[:place] + swapped + token[place + 1 :])


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "x" * 5000, "é.ü.ï"])
def test_what_is_no_link_does_not_open(database, token):
    with database.session() as session:
        kept(session)
        assert refused(session, token)


def test_the_id_of_a_result_alone_does_not_open_it(database):
    with database.session() as session:
        assert refused(session, kept(session))


def signed(claims, key=None, algorithm="HS256"):
    return jwt.encode(claims, key or derive(SECRET, "result link"), algorithm)


def test_a_link_without_signature_end_or_subject_does_not_open(database):
    soon = now() + timedelta(days=1)
    with database.session() as session:
        made = kept(session)
        good = {"sub": made, "exp": soon}

        assert LINKS.read(session, signed(good)).title == "Jouw profiel"
        assert refused(session, jwt.encode(good, None, algorithm="none"))
        assert refused(session, signed({"sub": made}))
        assert refused(session, signed({"exp": soon}))
        assert refused(session, signed({"sub": [made], "exp": soon}))
        assert refused(session, signed(good, algorithm="HS512"))


def test_a_link_of_another_installation_does_not_open(database):
    other = Links(f"ander-{SECRET}", BASE)
    with database.session() as session:
        made = kept(session)

        assert refused(session, token_of(other.address(made, "pdf")))
        assert refused(session, token_of(LINKS.address(made, "pdf")), other)


@pytest.mark.parametrize(("days", "opens"), [(0, True), (-6.9, True), (-7.1, False), (-30, False)])
def test_a_link_dies_after_seven_days(database, monkeypatch, days, opens):
    """Made so many days ago, and read now."""
    with database.session() as session:
        made = kept(session)
        later(monkeypatch, days=days)
        token = token_of(LINKS.address(made, "pdf"))

        if opens:
            assert LINKS.read(session, token).title == "Jouw profiel"
        else:
            assert refused(session, token)
    assert timedelta(days=7) == results.TERM


def test_a_token_of_a_conversation_opens_no_result_and_the_other_way_round(database):
    """One secret, but a key for each purpose."""
    sessions = Sessions(SECRET)
    with database.session() as session:
        made = kept(session)

        assert refused(session, sessions.issue(made))
        assert refused(session, signed({"sub": made}, derive(SECRET, "session")))
    with pytest.raises(InvalidSession):
        sessions.read(token_of(LINKS.address(made, "pdf")))


def test_with_the_conversation_its_results_are_gone(database):
    with database.session() as session:
        mine, theirs = talk(session), talk(session)
        gone, stays = kept(session, mine), kept(session, theirs, "ander")
    with database.session() as session:
        log.erase(session, mine)
    with database.session() as session:
        assert refused(session, token_of(LINKS.address(gone, "pdf")))
        assert LINKS.read(session, token_of(LINKS.address(stays, "pdf")))
        assert number(session) == 1


# --- the end of the term ---


def test_results_go_at_the_end_of_their_term(database, monkeypatch):
    with database.session() as session:
        conversation = talk(session)
        later(monkeypatch, days=-31)
        old = kept(session, conversation, "oud")
        later(monkeypatch, days=-29)
        recent = kept(session, conversation, "nieuw")
        monkeypatch.setattr(results, "now", now)

        assert results.purge(session, 30) == 1
        assert results.purge(session, 30) == 0
    with database.session() as session:
        assert session.get(Result, old) is None
        assert session.get(Result, recent) is not None
        assert refused(session, token_of(LINKS.address(old, "pdf")))
