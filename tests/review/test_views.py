"""Saved views, and the strip of how many conversations there were."""

from datetime import date, datetime, timedelta, timezone

import pytest
from steering_data import Steering
from work_data import person

from bot.review import views
from bot.review.filters import Filter
from bot.review.volume import volume


def save(database, who, name="Bbz", shared=False, **chosen):
    with database.session() as session:
        views.save(session, who, name, Filter(**chosen), "doubt", shared)


def seen(database, who):
    with database.session() as session:
        return [view.name for view in views.visible(session, who)]


@pytest.fixture
def beau(any_database):
    with any_database.session() as session:
        return person(session, "Beau")


@pytest.fixture
def anna(any_database):
    with any_database.session() as session:
        return person(session, "Anna", gemeenten=["Assen"])


def test_a_view_opens_what_was_saved(any_database, beau):
    save(any_database, beau, intent="bbz", since=date(2026, 1, 1))
    with any_database.session() as session:
        chosen, place = views.opened(views.visible(session, beau)[0])

    assert chosen == Filter(intent="bbz", since=date(2026, 1, 1))
    assert place.sort == "doubt"


def test_saving_under_the_same_name_replaces_ones_own(any_database, beau):
    save(any_database, beau, intent="bbz")
    save(any_database, beau, intent="btw")
    with any_database.session() as session:
        (only,) = views.visible(session, beau)
        assert views.opened(only)[0] == Filter(intent="btw")


def test_two_people_may_use_one_name_but_not_for_a_shared_view(any_database, beau, anna):
    save(any_database, beau)
    save(any_database, anna)
    save(any_database, beau, "Allen", shared=True)
    with pytest.raises(views.ViewRefused, match="Een collega heeft al"):
        save(any_database, anna, "Allen", shared=True)

    assert seen(any_database, beau) == ["Allen", "Bbz"]
    assert seen(any_database, anna) == ["Allen", "Bbz"]


def test_there_is_an_end_to_the_number_of_views(any_database, beau, monkeypatch):
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    save(any_database, beau, "een")
    save(any_database, beau, "twee")
    with pytest.raises(views.ViewRefused, match="Er zijn al 2"):
        save(any_database, beau, "drie")
    save(any_database, beau, "twee")


def test_only_its_maker_or_who_manages_accounts_removes_a_shared_view(any_database, beau, anna):
    save(any_database, beau, "Allen", shared=True)
    with any_database.session() as session:
        boss = person(session, "Boss", roles=("beheerder",))
        identity = views.visible(session, anna)[0].id
        assert not views.remove(session, anna, identity)
        assert views.remove(session, boss, identity)
        assert not views.remove(session, boss, identity)


def test_nobody_removes_the_view_of_someone_else(any_database, beau, anna):
    save(any_database, beau)
    with any_database.session() as session:
        identity = views.visible(session, beau)[0].id
        boss = person(session, "Boss", roles=("beheerder",))
        assert not views.remove(session, boss, identity)
        assert views.remove(session, beau, identity)


def bars(database, gemeenten=None, **chosen):
    with database.session() as session:
        return volume(session, Filter(**chosen), gemeenten)


def test_the_strip_counts_days_in_the_netherlands_with_empty_days(any_database):
    steering = Steering(any_database)
    for moment in (
        datetime(2026, 3, 28, 22, 59, tzinfo=timezone.utc),  # 23:59 in winter
        datetime(2026, 3, 28, 23, 1, tzinfo=timezone.utc),  # 00:01, the day that summer begins
        datetime(2026, 3, 29, 21, 59, tzinfo=timezone.utc),  # 23:59 in summer
        datetime(2026, 3, 30, 22, 1, tzinfo=timezone.utc),  # 00:01 in summer
    ):
        steering.conversation(at=moment, turns=["hoi"])

    assert [(bar.first.day, bar.number) for bar in bars(any_database)] == [
        (28, 1),
        (29, 2),
        (30, 0),
        (31, 1),
    ]


def test_a_long_strip_has_a_bar_a_week_and_still_counts_everything(any_database):
    steering = Steering(any_database)
    for days in (0, 3, 150, 299):
        moment = datetime(2026, 1, 1, 12, tzinfo=timezone.utc) + timedelta(days=days)
        steering.conversation(at=moment, turns=["hoi"])
    found = bars(any_database)

    assert sum(bar.number for bar in found) == 4
    assert all((bar.last - bar.first).days == 6 for bar in found)
    assert all(bar.first.weekday() == 0 for bar in found)
    assert len(found) < 50


def test_the_strip_follows_the_filters_and_the_gemeente(any_database):
    steering = Steering(any_database)
    steering.conversation(gemeente="Assen", turns=["hoi"])
    steering.conversation(gemeente="Breda", turns=["hoi"])

    assert sum(bar.number for bar in bars(any_database, frozenset(["Assen"]))) == 1
    assert sum(bar.number for bar in bars(any_database, gemeente="Breda")) == 1
    assert bars(any_database, channel="whatsapp") == []
