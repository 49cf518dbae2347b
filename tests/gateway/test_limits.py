"""Sessions and limits of the public edge."""

from datetime import timedelta

import jwt
import pytest
from served import SECRET

from bot.gateway import sessions
from bot.gateway.limits import Places, RateLimit
from bot.gateway.problems import Problem
from bot.gateway.sessions import InvalidSession, Sessions
from bot.privacy.keys import derive


def test_a_token_is_for_its_own_conversation():
    issued = Sessions(SECRET)

    assert issued.read(issued.issue("abc")) == "abc"


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 5000])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(InvalidSession):
        Sessions(SECRET).read(token)


def test_a_token_of_another_installation_is_refused():
    with pytest.raises(InvalidSession):
        Sessions(SECRET).read(Sessions("another " + SECRET).issue("abc"))


def test_a_token_that_was_changed_is_refused():
    header, _, signature = Sessions(SECRET).issue("abc").split(".")
    _, other, _ = Sessions(SECRET).issue("xyz").split(".")

    with pytest.raises(InvalidSession):
        Sessions(SECRET).read(f"{header}.{other}.{signature}")


def test_an_old_token_is_refused():
    claims = {"sub": "abc", "exp": sessions.now() - sessions.TERM}
    expired = jwt.encode(claims, derive(SECRET, "session"), "HS256")

    with pytest.raises(InvalidSession):
        Sessions(SECRET).read(expired)


def test_a_token_without_signature_is_refused():
    unsigned = jwt.encode({"sub": "abc", "exp": 9999999999}, None, algorithm="none")

    with pytest.raises(InvalidSession):
        Sessions(SECRET).read(unsigned)


def test_more_than_the_limit_is_refused_for_that_one_only():
    limit = RateLimit(most=2, seconds=60)

    assert [limit.allows("a"), limit.allows("a"), limit.allows("a")] == [True, True, False]
    assert limit.allows("b")


@pytest.fixture
def clock(monkeypatch):
    """The moment in seconds, for the test to move on."""
    moment = [0.0]
    monkeypatch.setattr("bot.gateway.limits.time.monotonic", lambda: moment[0])
    return moment


def test_the_limit_forgets_after_a_while(clock):
    limit = RateLimit(most=1, seconds=10)

    assert limit.allows("a")
    assert not limit.allows("a")
    clock[0] = 10.1
    assert limit.allows("a")


def test_after_all_at_once_they_come_back_one_by_one(clock):
    limit = RateLimit(most=6, seconds=60)

    assert [limit.allows("a") for _ in range(7)] == [True] * 6 + [False]
    clock[0] = 10.1
    assert [limit.allows("a"), limit.allows("a")] == [True, False]
    clock[0] = 200.0
    assert [limit.allows("a") for _ in range(7)] == [True] * 6 + [False]


def test_who_is_refused_hears_when_to_come_back(clock):
    limit = RateLimit(most=6, seconds=60)
    for _ in range(6):
        limit.check("a", "Te snel.")

    with pytest.raises(Problem) as problem:
        limit.check("a", "Te snel.")
    assert (problem.value.status, problem.value.detail) == (429, "Te snel.")
    clock[0] += int(problem.value.headers["Retry-After"])
    limit.check("a", "Te snel.")


def test_the_limit_remembers_the_ones_that_asked_last(clock):
    limit = RateLimit(most=1, seconds=60, keys=10)
    for number in range(100):
        limit.allows(str(number))

    assert len(limit) == 10
    assert not limit.allows("99")


def test_an_address_is_not_kept_when_it_no_longer_matters(clock):
    limit = RateLimit(most=2, seconds=60)
    for number in range(100):
        limit.allows(str(number))
    assert len(limit) == 100
    clock[0] = 61.0
    limit.allows("someone else")

    assert len(limit) == 1


def test_a_place_is_free_again_after_use():
    places = Places(most=2)

    with places.one("a", "Vol."), places.one("b", "Vol."):
        with places.one("a", "Vol."), pytest.raises(Problem), places.one("a", "Vol."):
            pass
        with places.one("a", "Vol."):
            pass
    assert len(places) == 0


def test_a_session_says_until_when_it_holds():
    before = sessions.now() - timedelta(seconds=1)
    session = Sessions(SECRET).begin("abc")

    assert before + sessions.TERM < session.expires_at <= sessions.now() + sessions.TERM
    assert Sessions(SECRET).open(session.token) == session
    assert session.token not in repr(session)
