"""What people are told by e-mail of their own account: by a real mail server on loopback."""

import email
import email.policy
import re

import pytest
from aiosmtpd.controller import Controller
from people import PASSWORD, enrol, give_code, give_password, log_in
from served import until

from bench.ports import free_port
from bot.settings import SettingsError
from bot.staff import accounts
from bot.staff.model import AuditEntry
from bot.staff.notices import EVENTS, notice

ANOTHER = "twee fietsen naast de sloot"


class Post:
    """Keeps what it gets; `answer` is what it says to a message."""

    def __init__(self):
        self.mails = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, mail))
        return self.answer

    @property
    def subjects(self):
        return [mail["Subject"] for _, mail in self.mails]


@pytest.fixture
def post():
    port = free_port()
    found = Post()
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    found.url = f"smtp://127.0.0.1:{port}"
    yield found
    controller.stop()


@pytest.fixture
def console(database, serve_console, post):
    with serve_console(database, SMTP_URL=post.url) as found:
        yield found


@pytest.fixture
def someone(console, post):
    """Someone enrolled, with no mail left: (person, client, authenticator, recovery codes)."""
    person = console.add("lezer", email="roos@x.nl", name="Roos")
    with console.database.session() as session:
        token = accounts.enrolment_token(accounts.find(session, person.id))
    client = console.client()
    authenticator, codes = enrol(client, f"{console.url}/welkom/{token}")
    until(lambda: len(post.mails) == 2)
    assert sorted(post.subjects) == [
        "Startwijzer: er is een wachtwoord gekozen",
        "Startwijzer: je authenticator is ingesteld",
    ]
    post.mails.clear()
    return person, client, authenticator, codes


def the_mail(post):
    until(lambda: post.mails)
    ((to, mail),) = post.mails
    return to, mail


def test_a_new_password_is_told_without_anything_to_log_in_with(someone, post):
    _, client, _, _ = someone
    form = {"current": PASSWORD, "password": ANOTHER, "again": ANOTHER}
    response = client.submit("/account/wachtwoord", form, form="/account/wachtwoord")
    assert response.headers["Location"] == "/console/account"

    to, mail = the_mail(post)
    text = mail.get_content()
    assert to == ["roos@x.nl"]
    assert mail["Subject"] == "Startwijzer: je wachtwoord is veranderd"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Hallo Roos," in text and "Was jij dit niet?" in text
    assert re.search(r"Dat was op \d+ \w+ 20\d\d om \d\d:\d\d\.", text)
    assert not re.search(r"https?:|www\.|127\.0\.0\.1", text)
    assert PASSWORD not in text and ANOTHER not in text


def test_a_code_that_is_used_again_is_refused_on_record_and_told(someone, console, post):
    person, _, authenticator, _ = someone
    code = authenticator.code()
    assert give_password(console.client(), person.email).status_code == 303
    first, second = console.client(), console.client()
    for client in (first, second):
        give_password(client, person.email)
    assert give_code(first, code).status_code == 303
    until(lambda: post.mails)
    post.mails.clear()
    assert give_code(second, code).status_code == 422

    assert the_mail(post)[1]["Subject"] == "Startwijzer: een code is voor de tweede keer gebruikt"
    assert code not in the_mail(post)[1].get_content()
    with console.database.session() as session:
        entries = [(e.action, e.subject) for e in session.query(AuditEntry)]
    assert entries[-1] == ("code_reused", f"medewerker {person.id}")


def test_a_code_that_is_wrong_is_not_told(someone, console, post):
    person, _, authenticator, _ = someone
    client = console.client()
    give_password(client, person.email)
    right = authenticator.code()
    assert give_code(client, f"{(int(right) + 1) % 1_000_000:06}").status_code == 422
    assert give_code(client, right).status_code == 303

    assert the_mail(post)[1]["Subject"] == "Startwijzer: er is aangemeld op een nieuw apparaat"


def test_a_browser_is_new_once(someone, console, post):
    person, _, authenticator, _ = someone
    client = console.client()
    log_in(client, person.email, authenticator)
    until(lambda: post.mails)
    client.submit("/afmelden")
    log_in(client, person.email, authenticator)
    form = {"current": PASSWORD}
    client.submit("/account/herstelcodes", form, form="/account/herstelcodes")
    until(lambda: len(post.mails) == 2)

    assert post.subjects == [
        "Startwijzer: er is aangemeld op een nieuw apparaat",
        "Startwijzer: je herstelcodes zijn vervangen",
    ]


def test_a_recovery_code_is_told(someone, console, post):
    person, _, _, codes = someone
    client = console.client()
    give_password(client, person.email)
    assert give_code(client, codes[0]).status_code == 303
    until(lambda: len(post.mails) == 2)

    assert "Startwijzer: er is een herstelcode gebruikt" in post.subjects
    assert codes[0] not in "".join(mail.get_content() for _, mail in post.mails)


def test_a_new_link_is_told_to_who_it_is_for_and_is_not_in_the_mail(someone, console, post):
    person, *_ = someone
    page = console.login("beheerder").submit(f"/medewerkers/{person.id}/link").text
    token = re.search(r"/welkom/([\w-]+)", page)[1]

    to, mail = the_mail(post)
    assert (to, mail["Subject"]) == (["roos@x.nl"], "Startwijzer: er is een link voor je gemaakt")
    assert token not in mail.as_string()


def test_a_server_that_takes_nothing_keeps_nobody_out(someone, console, post, caplog):
    person, _, authenticator, _ = someone
    post.answer = "554 No"
    client = console.client()

    assert log_in(client, person.email, authenticator).status_code == 303
    assert client.get("/account").status_code == 200
    line = f"notice to account {person.id} not sent: SMTPDataError"
    until(lambda: line in caplog.text)
    assert "roos@x.nl" not in caplog.text


def test_without_a_server_nothing_is_sent(database, serve_console, caplog):
    with serve_console(database) as console:
        person = console.add("lezer", email="roos@x.nl")
        with console.database.session() as session:
            token = accounts.enrolment_token(accounts.find(session, person.id))
        enrol(console.client(), f"{console.url}/welkom/{token}")

    assert "notice" not in caplog.text


def test_a_server_that_cannot_be_meant_stops_the_start(database, serve_console):
    url = "smtp://jan:geheim@mail.example.nl?starttls=never"
    with pytest.raises(SettingsError, match="starttls"), serve_console(database, SMTP_URL=url):
        pass


@pytest.mark.parametrize("event", EVENTS)
def test_every_notice_says_what_to_do(event):
    person = accounts.Person(1, "Roos\r\nBcc: x@x.nl", "roos@x.nl", frozenset(), None)
    found = notice(event, person)
    mail = found.as_mail(email.headerregistry.Address("Startwijzer", "a", "x.nl"))

    assert "Bcc" not in mail
    assert "Vraag je beheerder dan meteen om je account uit te zetten." in found.text
    assert found.subject.startswith("Startwijzer: ")
