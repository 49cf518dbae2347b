from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pyotp
import pytest

from bot.staff import accounts
from bot.staff.model import RecoveryCode
from bot.staff.second_factor import SecondFactor, recovery_codes_left

SECRET = "a secret of at least thirty-two characters"
MOMENT = datetime(2026, 5, 1, 12, 0, 10, tzinfo=timezone.utc)


@pytest.fixture
def second():
    return SecondFactor(SECRET)


@pytest.fixture
def person(any_database, second):
    """Someone with an authenticator; the id."""
    with any_database.session() as session:
        row = accounts.add(session, email="a@x.nl", name="A", roles=["lezer"])
        row.totp_secret = second.new_secret()
        session.flush()
        return row.id


def code_of(second, row, moment):
    return pyotp.TOTP(second.secret(row.totp_secret)).at(moment)


@pytest.mark.parametrize(
    ("seconds", "right"), [(-61, False), (-31, True), (0, True), (29, True), (60, False)]
)
def test_a_code_is_right_one_step_around_now(any_database, second, person, seconds, right):
    with any_database.session() as session:
        row = accounts.find(session, person)
        code = code_of(second, row, MOMENT + timedelta(seconds=seconds))

        assert second.use(session, row, code, MOMENT) == right


def test_a_code_works_once_and_an_older_one_not_after_it(any_database, second, person):
    with any_database.session() as session:
        row = accounts.find(session, person)
        older, code = (code_of(second, row, MOMENT + timedelta(seconds=s)) for s in (-30, 0))
        assert second.use(session, row, code, MOMENT)
        assert not second.use(session, row, code, MOMENT)
        assert not second.use(session, row, older, MOMENT)


def test_a_code_works_once_also_at_the_same_moment(any_database, second, person):
    with any_database.session() as session:
        code = code_of(second, accounts.find(session, person), MOMENT)

    def use(_):
        with any_database.session() as session:
            return second.use(session, accounts.find(session, person), code, MOMENT)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


@pytest.mark.parametrize(
    "code", ["", "abcdef", "٣٣٣٣٣٣", "12345", "1234567", "-12345", "1e5", "\x00"]
)
def test_what_is_no_code_is_refused(any_database, second, person, code):
    with any_database.session() as session:
        assert not second.use(session, accounts.find(session, person), code, MOMENT)


def test_spaces_in_a_code_do_no_harm(any_database, second, person):
    with any_database.session() as session:
        row = accounts.find(session, person)
        code = code_of(second, row, MOMENT)

        assert second.use(session, row, f" {code[:3]} {code[3:]} ", MOMENT)


def test_the_secret_cannot_be_read_with_another_key_and_then_no_code_is_right(
    any_database, second, person
):
    other = SecondFactor("another secret of thirty-two characters")
    with any_database.session() as session:
        row = accounts.find(session, person)
        code = code_of(second, row, MOMENT)

        assert second.secret(row.totp_secret).encode() not in row.totp_secret
        assert not other.use(session, row, code, MOMENT)
        assert SecondFactor("another secret of thirty-two characters", (SECRET,)).use(
            session, row, code, MOMENT
        )


def test_the_picture_names_the_account(second):
    uri = second.uri(second.new_secret(), "roos@voorbeeldstad.example")

    assert uri.startswith("otpauth://totp/Startwijzer:roos%40voorbeeldstad.example?secret=")


def test_a_recovery_code_works_once_for_its_owner_only(any_database, second, person):
    with any_database.session() as session:
        row = accounts.find(session, person)
        other = accounts.add(session, email="b@x.nl", name="B", roles=["lezer"])
        codes = second.new_recovery_codes(session, row)
    with any_database.session() as session:
        row, other = accounts.find(session, person), accounts.find_own(session, "b@x.nl")
        assert not second.use_recovery_code(session, other, codes[0])
        assert second.use_recovery_code(session, row, codes[0].lower())
        assert not second.use_recovery_code(session, row, codes[0])
        assert recovery_codes_left(session, person) == 9


def test_recovery_codes_are_not_kept_readable(any_database, second, person):
    with any_database.session() as session:
        codes = second.new_recovery_codes(session, accounts.find(session, person))
    with any_database.session() as session:
        kept = {row.fingerprint for row in session.query(RecoveryCode)}

    assert len(kept) == 10
    assert not kept & {code.replace("-", "") for code in codes}
