"""Sessions and limits of the public edge."""

import jwt
import pytest

from bot.gateway import sessions
from bot.gateway.limits import RateLimit
from bot.gateway.sessions import InvalidSession, Sessions
from bot.privacy.keys import derive

SECRET = "a secret of at least thirty-two characters"


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


def test_the_limit_forgets_after_a_while(monkeypatch):
    moment = [0.0]
    monkeypatch.setattr("bot.gateway.limits.time.monotonic", lambda: moment[0])
    limit = RateLimit(most=1, seconds=10)

    assert limit.allows("a")
    assert not limit.allows("a")
    moment[0] = 10.1
    assert limit.allows("a")


def test_the_limit_does_not_grow_without_end():
    limit = RateLimit(most=1, seconds=60, keys=10)
    for number in range(100):
        limit.allows(str(number))

    assert len(limit._events) <= 10
