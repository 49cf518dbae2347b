"""What an answer reads: once, little, what is loaded now, and of the own gemeente only."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import product

import pytest
import sqlalchemy as sa

from bot.catalogue import remembered
from bot.catalogue.answering import Known, answer, depends_on_gemeente, own_service
from bot.catalogue.load import load
from bot.catalogue.model import Service, Source
from bot.catalogue.wording import messages, nearby
from bot.database import Database

TOPICS = ["startersdag", "starten_vanuit_bijstand", "geldproblemen", "btw"]
GEMEENTEN = [None, "Voorbeeldstad", "Lelystad", "Assen", "Zwolle"]
TODAY = date(2026, 3, 2)
# One for the version, one for the answer, one for services with their providers, one for facets.
MOST_STATEMENTS = 4


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    remembered.forget()


@contextlib.contextmanager
def counting(database):
    """The statements that go to the database meanwhile."""
    statements = []

    def note(_, __, statement, *___):
        statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def told(database, topic, gemeente, situation="bijstand"):
    with database.session() as session:
        found = answer(session, topic, Known(gemeente, situation))
        return [message.text for message in messages(found, TODAY)]


@pytest.mark.parametrize("gemeente", GEMEENTEN)
@pytest.mark.parametrize("topic", TOPICS)
def test_telling_an_answer_takes_four_statements_and_one_the_next_time(
    catalogue_database, topic, gemeente
):
    def all_told():
        with counting(catalogue_database) as statements, catalogue_database.session() as session:
            found = answer(session, topic, Known(gemeente, "bijstand"))
            told = [messages(found, TODAY), gemeente and nearby(found, gemeente, TODAY)]
        return told, len(statements)

    first, taken = all_told()

    assert 1 < taken <= MOST_STATEMENTS
    assert all_told() == (first, 1)


def test_an_answer_is_remembered_after_a_transaction_that_fails(catalogue_database):
    with pytest.raises(RuntimeError), catalogue_database.session() as session:
        answer(session, "startersdag", Known("Assen"))
        raise RuntimeError

    remembered_now = told(catalogue_database, "startersdag", "Assen", None)
    remembered.forget()
    assert remembered_now == told(catalogue_database, "startersdag", "Assen", None)


def test_no_more_is_remembered_than_fits(catalogue_database, monkeypatch):
    monkeypatch.setattr(remembered, "MOST", 2)
    with catalogue_database.session() as session:
        memory = remembered.Remembered(session)
        made = [memory.get(key, object) for key in ("a", "b", "a", "c", "a")]

    assert made[0] is made[2]
    assert made[4] is not made[0]


@pytest.mark.parametrize("gemeente", GEMEENTEN)
def test_an_answer_reads_a_few_services_and_no_sources(catalogue_database, gemeente):
    in_memory = []
    with catalogue_database.session() as session:
        sa.event.listen(
            session, "loaded_as_persistent", lambda _, item: in_memory.append(type(item))
        )
        named = len(set(answer(session, "startersdag", Known(gemeente)).services))
        every = session.execute(sa.select(sa.func.count(Service.id))).scalar_one()

    assert named <= in_memory.count(Service) < every / 5
    assert Source not in in_memory


def test_whether_the_gemeente_matters_takes_two_statements(catalogue_database):
    with counting(catalogue_database) as statements, catalogue_database.session() as session:
        assert depends_on_gemeente(session, "startersdag")

    assert len(statements) == 2


@pytest.mark.parametrize("gemeente", [None, "Voorbeeldstad", "Urk"])
def test_what_a_gemeente_has_itself_takes_two_statements(catalogue_database, gemeente):
    with counting(catalogue_database) as statements, catalogue_database.session() as session:
        own_service(session, "startersdag", Known(gemeente))

    assert len(statements) <= 2


def test_what_is_loaded_over_another_connection_is_told_from_the_next_answer_on(
    any_database, folder
):
    with any_database.session() as session:
        load(session, folder.path)
    before = told(any_database, "btw", "Breda", None)
    folder.change("answers/btw", text="Nieuwe tekst.", services=["kvk-adviesteam"])
    folder.change("services/kvk-adviesteam", summary="Nieuwe samenvatting.")
    url = any_database.engine.url.render_as_string(hide_password=False)
    with contextlib.closing(Database(url)) as of_another, of_another.session() as session:
        load(session, folder.path)
    after = told(any_database, "btw", "Breda", None)

    assert not any("Nieuwe" in text for text in before)
    assert "Nieuwe tekst." in after[0]
    assert "Nieuwe samenvatting." in after[1]


def test_a_local_service_that_is_loaded_anew_moves_with_its_gemeente(any_database, folder):
    def owner(gemeente):
        with any_database.session() as session:
            found = answer(session, "startersdag", Known(gemeente))
            return "voorbeeldstad-startersdag" in [service.id for service in found.services]

    with any_database.session() as session:
        load(session, folder.path)
    assert (owner("Voorbeeldstad"), owner("Urk")) == (True, False)

    folder.change("services/voorbeeldstad-startersdag", gemeenten=["Urk"])
    with any_database.session() as session:
        load(session, folder.path)
    assert (owner("Voorbeeldstad"), owner("Urk")) == (False, True)


def test_people_of_several_gemeenten_at_once_each_hear_of_their_own(catalogue_database):
    asked = list(product(TOPICS, GEMEENTEN))
    alone = [told(catalogue_database, *one) for one in asked]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: told(catalogue_database, *one), asked * 5))

    assert together == alone * 5
    first = asked.index(("startersdag", "Voorbeeldstad"))
    assert alone[first] != alone[asked.index(("startersdag", "Lelystad"))]


def test_two_gemeenten_in_one_transaction_do_not_mix(catalogue_database):
    with catalogue_database.session() as session:
        here = answer(session, "startersdag", Known("Voorbeeldstad")).services
        elsewhere = answer(session, "startersdag", Known("Breda")).services
        again = answer(session, "startersdag", Known("Voorbeeldstad")).services

    assert here == again
    assert {"Voorbeeldstad"} <= {g for service in here for g in service.facet("gemeente")}
    assert not {g for service in elsewhere for g in service.facet("gemeente")} - {"Breda"}
