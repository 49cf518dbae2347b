"""Tokens that die by themselves, and what happens to them when the secret changes."""

from datetime import timedelta

import jwt
import pytest

from bot.assessment import results
from bot.database import now
from bot.gateway.sessions import InvalidSession, Sessions
from bot.privacy import access
from bot.privacy.keys import derive
from bot.privacy.signed import InvalidToken, Tokens

OLD, NEW = "een-oud-geheim-van-ruim-32-tekens-lang", "een-nieuw-geheim-van-ruim-32-tekens-lang"
SOON, PAST = timedelta(minutes=5), timedelta(minutes=-5)


def test_a_token_says_what_it_was_made_for_and_until_when():
    until = (now() + SOON).replace(microsecond=0)
    claim = Tokens(NEW, "doel").read(Tokens(NEW, "doel").issue("abc", until))

    assert (claim.subject, claim.expires_at) == ("abc", until)


def test_after_a_change_of_the_secret_tokens_of_before_hold_until_their_own_end():
    before, after = Tokens(OLD, "doel"), Tokens(NEW, "doel", [OLD])

    assert after.read(before.issue("abc", now() + SOON)).subject == "abc"
    with pytest.raises(InvalidToken):
        after.read(before.issue("abc", now() + PAST))


def test_nothing_new_is_signed_with_the_old_secret():
    made = Tokens(NEW, "doel", [OLD]).issue("abc", now() + SOON)

    with pytest.raises(InvalidToken):
        Tokens(OLD, "doel").read(made)
    assert Tokens(NEW, "doel").read(made).subject == "abc"


def test_once_the_old_secret_is_gone_so_are_its_tokens():
    made = Tokens(OLD, "doel").issue("abc", now() + SOON)

    with pytest.raises(InvalidToken):
        Tokens(NEW, "doel").read(made)


def test_a_token_of_another_purpose_is_none_under_the_old_secret_either():
    made = Tokens(OLD, "ander doel").issue("abc", now() + SOON)

    with pytest.raises(InvalidToken):
        Tokens(NEW, "doel", [OLD]).read(made)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "x" * 5000,
        jwt.encode({"sub": "abc", "exp": 9999999999}, None, algorithm="none"),
        jwt.encode({"sub": "abc", "exp": 10**30}, derive(OLD, "doel"), algorithm="HS256"),
        jwt.encode({"sub": "abc"}, derive(OLD, "doel"), algorithm="HS256"),
        jwt.encode({"exp": 9999999999}, derive(OLD, "doel"), algorithm="HS256"),
        jwt.encode({"sub": "abc", "exp": 9999999999}, derive(OLD, "doel"), algorithm="HS512"),
    ],
)
def test_whatever_is_wrong_the_refusal_is_the_same(token):
    with pytest.raises(InvalidToken) as error:
        Tokens(NEW, "doel", [OLD]).read(token)
    assert str(error.value) == ""


def test_who_is_talking_while_the_secret_changes_can_go_on():
    token = Sessions(OLD).issue("abc")

    assert Sessions(NEW, [OLD]).read(token) == "abc"
    with pytest.raises(InvalidSession):
        Sessions(NEW).read(token)


def test_a_link_to_ones_own_data_works_while_the_secret_changes():
    token = access.Links(OLD, "").address("abc").split("/")[-1]

    assert access.Links(NEW, "", [OLD]).read(token) == "abc"
    with pytest.raises(access.InvalidLink):
        access.Links(NEW, "").read(token)


def test_a_link_to_a_result_works_while_the_secret_changes(database):
    token = results.Links(OLD, "").address("weg", "pdf").split("/")[-2]

    with database.session() as session:
        with pytest.raises(results.UnknownResult, match="gone"):
            results.Links(NEW, "", [OLD]).read(session, token)  # it holds, but nothing is behind it
        with pytest.raises(results.UnknownResult, match="no link of ours"):
            results.Links(NEW, "").read(session, token)
