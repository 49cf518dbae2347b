"""What Meta says became of a message, in any order and at any moment."""

import datetime
import itertools
import threading

import pytest
from out_office import Office

from bot.whatsapp import deliveries, outbox, outcomes
from bot.whatsapp.errors import CODES, GraphError, Group, wait_after, without_digits
from bot.whatsapp.pacing import Pace

EXPERIMENT = {"code": 130472, "title": "User's number is part of an experiment"}


@pytest.fixture
def office(any_database):
    return Office(any_database)


class Parcel:
    """One message under way, and what Meta says of it."""

    def __init__(self, office, text="Hallo.", image=None, wa_id="31600000001"):
        self.office = office
        self.conversation = office.meet(wa_id)
        office.say(self.conversation, text, image=image)
        with office.database.session() as session:
            outbox.render_new(
                session, office.people, office.vault, self.conversation, office.clock()
            )
        self.claim = self.take()
        self.wamid = "wamid.1"

    def take(self):
        with self.office.database.session() as session:
            return deliveries.claim(session, self.office.people, self.office.clock(), Pace())

    def arrived(self):
        with self.office.database.session() as session:
            outcomes.sent(session, self.office.people, self.claim, self.wamid, self.office.clock())

    def tell(self, status, errors=(), key=None, wamid=None):
        with self.office.database.session() as session:
            return outbox.record_status(
                session,
                self.office.people,
                wamid or self.wamid,
                status,
                self.office.clock(),
                errors,
                key,
            )

    @property
    def row(self):
        return self.office.rows()[0]


@pytest.mark.parametrize("order", itertools.permutations(["sent", "delivered", "read"]))
def test_read_never_becomes_delivered_again(office, order):
    parcel = Parcel(office)
    parcel.arrived()
    for status in (*order, *order):
        assert parcel.tell(status)

    assert parcel.row.status == "read"
    assert parcel.row.body == ""


def test_a_status_before_the_answer_of_the_call_is_not_lost(office):
    parcel = Parcel(office)

    assert parcel.tell("delivered", key=parcel.claim.key)
    parcel.arrived()

    assert parcel.row.status == "delivered"
    assert parcel.row.wamid in office.people.fingerprints("wamid.1")
    assert parcel.take() is None


def test_a_status_at_the_same_moment_as_the_answer_is_never_overwritten(office):
    for number in range(15):
        parcel = Parcel(office, wa_id=f"316000001{number:02}")
        parcel.wamid = f"wamid.{number}"
        told = threading.Thread(
            target=parcel.tell, args=("delivered",), kwargs={"key": parcel.claim.key}
        )
        told.start()
        parcel.arrived()
        told.join(30)

        assert office.statuses(parcel.conversation) == ["delivered"]


def test_a_status_of_somebody_elses_message_is_not_ours(office):
    parcel = Parcel(office)
    parcel.arrived()

    assert not parcel.tell("read", wamid="wamid.other")
    assert not parcel.tell("read", wamid="wamid.other", key="1.5.1")
    assert not parcel.tell("read", wamid="wamid.other", key="not a key")
    assert not parcel.tell("read", wamid="wamid.other", key="9" * 40)
    assert parcel.row.status == "sent"


def test_a_status_that_is_not_known_changes_nothing(office):
    parcel = Parcel(office)
    parcel.arrived()

    assert parcel.tell("warning")
    assert parcel.row.status == "sent"


def test_failed_afterwards_is_kept_with_its_reason(office):
    parcel = Parcel(office)
    parcel.arrived()
    parcel.tell("failed", [EXPERIMENT])

    assert (parcel.row.status, parcel.row.error_code) == ("failed", 130472)
    parcel.tell("sent")
    assert parcel.row.status == "failed"
    parcel.tell("delivered")  # it has arrived after all
    assert (parcel.row.status, parcel.row.error) == ("delivered", None)
    parcel.tell("failed", [EXPERIMENT])
    assert parcel.row.status == "delivered"


def test_failed_afterwards_for_a_passing_reason_is_sent_again_once(office):
    parcel = Parcel(office)
    parcel.arrived()
    for _ in range(3):
        parcel.tell("failed", [{"code": 131056}])
    parcel.tell("sent")  # of the same try, out of order
    assert parcel.row.status == "waiting"

    office.clock.forward(minutes=6)
    again = parcel.take()

    assert again.attempts == 2
    parcel.tell("sent", key=parcel.claim.key)  # of the first try
    assert parcel.row.status == "sending"
    parcel.tell("delivered", wamid="wamid.1", key=parcel.claim.key)
    assert parcel.row.status == "delivered"


def test_a_picture_that_failed_afterwards_is_said_in_words_also_if_told_twice(office):
    image = {"url": "https://elders.example/p.png", "alt": "Een kaart."}
    parcel = Parcel(office, "Kijk.", image)
    parcel.arrived()
    for _ in range(2):
        parcel.tell("failed", [{"code": 131053, "title": "Media upload error"}])

    again = parcel.take()

    assert again.body == {"type": "text", "text": {"body": "Een kaart."}}


def test_the_window_that_meta_says_is_closed_is_closed(office):
    parcel = Parcel(office)
    parcel.arrived()
    parcel.tell("failed", [{"code": 131047, "title": "Re-engagement message"}])

    assert parcel.row.status == "waiting"
    assert parcel.take() is None
    day = datetime.timedelta(hours=24)
    assert office.person(parcel.conversation).last_in_at <= office.clock() - day


def test_statuses_of_an_erased_message_are_passed_over(office):
    parcel = Parcel(office)
    key = parcel.claim.key
    with office.database.session() as session:
        session.delete(session.merge(parcel.row))
    parcel.arrived()
    assert not parcel.tell("delivered", key=key)

    office.clock.forward(seconds=1)
    other = Parcel(office, wa_id="31600000002")  # SQLite gives the row the same number
    assert not other.tell("delivered", key=key)
    assert other.row.status == "sending"


def test_bodies_do_not_outlive_their_use(office):
    parcel = Parcel(office)
    parcel.arrived()
    assert parcel.row.body != ""
    office.clock.forward(days=1, minutes=1)
    with office.database.session() as session:
        outcomes.tidy(session, office.clock())

    assert parcel.row.body == ""


def test_every_documented_code_has_one_group():
    expected = {
        Group.BUSY: {4, 368, 80007, 130429, 131048},
        Group.PAIR: {131056},
        Group.TEMPLATE: {131047},
    }
    for group, codes in expected.items():
        assert {code for code, found in CODES.items() if found is group} == codes
    for code in (131026, 131050, 470):
        assert CODES[code] is Group.NEVER
    for code in (0, 10, 190):
        assert CODES[code] is Group.ALARM


@pytest.mark.parametrize(
    ("status", "group"),
    [(500, Group.LATER), (401, Group.ALARM), (429, Group.BUSY), (404, Group.NEVER)],
)
def test_an_unknown_code_goes_by_the_status_of_http(status, group):
    assert GraphError.read({"code": 987654}, status).group is group
    assert GraphError.read(None, status).group is group
    assert GraphError.read({"code": "190"}, status).group is group


def test_back_off_grows_to_minutes():
    waits = [wait_after(attempts).total_seconds() for attempts in range(1, 9)]

    assert 0.8 <= waits[0] <= 1.2
    assert all(240 <= wait <= 360 for wait in waits[5:])


def test_words_of_meta_are_kept_without_a_phone_number():
    text = without_digits("Recipient +31 6 1234 5678 not allowed, code 131030")

    assert "1234" not in text
    assert text.endswith("not allowed, code 131030")
