import pytest
import sqlalchemy as sa

from bot.catalogue import content
from bot.catalogue.load import load
from bot.catalogue.model import Answer, CatalogueVersion, Provider, Service, ServiceFacet, Source
from bot.content import ContentError

TABLES = (Provider, Service, ServiceFacet, Answer, Source, CatalogueVersion)


def rows(session):
    session.flush()
    return {
        table.__tablename__: sorted(
            map(repr, session.execute(sa.select(*table.__table__.columns)).all())
        )
        for table in TABLES
    }


@pytest.fixture
def loaded(database, folder):
    with database.session() as session:
        assert load(session, folder.path) is True
    return database


def test_everything_in_the_files_is_in_the_tables(loaded):
    items = content.read()
    with loaded.session() as session:
        services = {s.id: s for s in session.execute(sa.select(Service)).scalars()}
        topics = set(session.execute(sa.select(Answer.topic)).scalars())
        providers = set(session.execute(sa.select(Provider.id)).scalars())

        assert set(services) == set(items.services)
        assert topics == {*items.answers, *items.replies}
        assert providers == set(items.providers)
        for name, item in items.services.items():
            service = services[name]
            assert service.provider.id == item["provider"]
            assert set(service.facet("phase")) == set(item["phases"])
            assert set(service.facet("need")) == set(item["needs"])
            assert set(service.facet("target_group")) == set(item.get("target_groups", []))
            assert set(service.facet("gemeente")) == set(item.get("gemeenten", []))
            assert len(service.sources) == len(item["sources"])
            assert service.reviewed_on.isoformat() == item["reviewed_on"]


def test_the_second_load_does_nothing(loaded, folder, monkeypatch):
    monkeypatch.setattr(content, "read", lambda _: pytest.fail("read the files again"))

    with loaded.session() as session:
        before = rows(session)
        assert load(session, folder.path) is False
        assert rows(session) == before


def test_a_change_is_loaded_and_leaves_no_old_rows(loaded, folder):
    with loaded.session() as session:
        before = rows(session)
    folder.change("services/kvk-adviesteam", summary="Bel gerust.")

    with loaded.session() as session:
        assert load(session, folder.path) is True
        after = rows(session)

        assert session.get(Service, "kvk-adviesteam").summary == "Bel gerust."
    assert {name: len(found) for name, found in after.items()} == {
        name: len(found) for name, found in before.items()
    }


def test_a_service_that_left_the_files_leaves_the_tables(loaded, folder):
    folder.file("services/geldboek").unlink()

    with loaded.session() as session:
        load(session, folder.path)

        assert session.get(Service, "geldboek") is None
        left = sa.select(ServiceFacet).where(ServiceFacet.service_id == "geldboek")
        assert session.execute(left).first() is None


@pytest.mark.parametrize(
    "fields", [{"summary": None}, {"provider": "weg"}, {"review_by": "2027-02-30"}]
)
def test_a_load_with_mistakes_leaves_the_tables_as_they_were(loaded, folder, fields):
    with loaded.session() as session:
        before = rows(session)
    folder.change("services/kvk-adviesteam", **fields)

    with pytest.raises(ContentError), loaded.session() as session:
        load(session, folder.path)

    with loaded.session() as session:
        assert rows(session) == before


def test_after_a_repair_the_content_is_loaded(loaded, folder):
    folder.change("services/kvk-adviesteam", provider="weg")
    with pytest.raises(ContentError), loaded.session() as session:
        load(session, folder.path)
    folder.change("services/kvk-adviesteam", provider="kvk", summary="Bel gerust.")

    with loaded.session() as session:
        assert load(session, folder.path) is True
        assert session.get(Service, "kvk-adviesteam").summary == "Bel gerust."
