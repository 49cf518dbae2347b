import ssl
from dataclasses import replace
from email import message_from_bytes, policy
from email.headerregistry import Address
from urllib.parse import quote

import pytest
from handover_mailbox import PASSWORD, USER, Mailbox
from handover_office import SECRET

from bench.ports import free_port
from bot.handover.desk import Progress, Refused, Unavailable
from bot.handover.email import Email, build, html, plain
from bot.referral.file import Referrals
from bot.settings import Settings, SettingsError
from bot.smtp import Server, sender

TO = {"kind": "email", "to": "loket@voorbeeld.example"}
FROM = Address("Startwijzer", addr_spec="startwijzer@voorbeeld.example")


@pytest.fixture
def message(office):
    office.add_desk("assen", TO)
    reference = office.refer("assen")
    return office.message(Referrals(SECRET), f"{reference}.nieuw")


@pytest.fixture
def adapter(environment, authority):
    """An adapter for a server on this port."""

    def made(port, scheme="smtp", query="?starttls=required", password=PASSWORD, host="localhost"):
        url = f"{scheme}://{USER}:{quote(password, safe='')}@{host}:{port}{query}"
        return Email(
            Settings.from_environment(
                {
                    **environment,
                    "SMTP_URL": url,
                    "SMTP_FROM": "Startwijzer <startwijzer@voorbeeld.example>",
                    "SMTP_CA_FILE": str(authority / "ca.pem"),
                }
            )
        )

    return made


async def send(adapter, message, to=TO):
    await adapter.send(to, message, Progress({}))


async def test_mail_arrives_over_starttls_with_a_password(adapter, mailbox, message):
    await send(adapter(mailbox.port), message)

    (got,) = mailbox.mails
    assert got["tls"]
    assert got["from"] == "startwijzer@voorbeeld.example"
    assert got["to"] == ["loket@voorbeeld.example"]
    mail = got["mail"]
    assert mail["Subject"] == "Nieuwe aanvraag SW-ACEF-0001: Ondernemersloket"
    assert mail["From"] == "Startwijzer <startwijzer@voorbeeld.example>"
    assert mail["Message-ID"] == "<SW-ACEF-0001.nieuw@voorbeeld.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    for part in mail.iter_parts():
        text = part.get_content()
        for fact in (
            "SW-ACEF-0001",
            "Kan ik een bakkerij beginnen naast mijn uitkering?",
            "Bakkerij in het centrum, start in maart",
            "06 12345678",
            "bel na 17 uur",
            "woensdag 25 november 2026, 17.00 uur",
            "Assen",
            "Mag dit naar het Ondernemersloket?",
            "zondag 22 november 2026, 10.12 uur",
        ):
            assert fact in text


async def test_mail_arrives_over_tls_from_the_first_byte(adapter, tls, message):
    box = Mailbox(free_port(), tls, smtps=True)
    box.start()
    try:
        await send(adapter(box.port, scheme="smtps", query=""), message)
    finally:
        box.stop()

    assert [mail["to"] for mail in box.mails] == [["loket@voorbeeld.example"]]


async def test_a_server_that_says_no_goodbye_has_the_mail_all_the_same(adapter, mailbox, message):
    mailbox.rude = True

    await send(adapter(mailbox.port), message)

    assert len(mailbox.mails) == 1


async def test_every_line_is_short_enough_for_smtp_and_only_ascii(adapter, mailbox, message):
    long = replace(message, question="é" * 5000)

    await send(adapter(mailbox.port), long)

    raw = mailbox.mails[0]["raw"]
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    assert "é" * 5000 in mailbox.mails[0]["mail"].get_body(("plain",)).get_content()


async def test_a_wrong_password_is_tried_again_later(adapter, mailbox, message):
    with pytest.raises(Unavailable, match="SMTPAuthenticationError 535") as error:
        await send(adapter(mailbox.port, password="fout"), message)

    assert "fout" not in str(error.value)
    assert mailbox.mails == []


async def test_a_server_that_is_down_is_tried_again_later(adapter, mailbox, message):
    mailbox.stop()
    with pytest.raises(Unavailable, match="SMTPConnectError"):
        await send(adapter(mailbox.port), message)

    mailbox.start()
    await send(adapter(mailbox.port), message)
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("where", "answer", "kind"),
    [
        ("rcpt", "450 mailbox busy", Unavailable),
        ("rcpt", "550 no such user", Refused),
        ("data", "451 try later", Unavailable),
        ("data", "452 disk full", Unavailable),
        ("data", "554 refused", Refused),
    ],
)
async def test_4yz_is_later_and_5yz_is_never(adapter, mailbox, message, where, answer, kind):
    (mailbox.rcpt_answers if where == "rcpt" else mailbox.answers).append(answer)

    with pytest.raises(kind, match=answer[:3]) as error:
        await send(adapter(mailbox.port), message)

    assert type(error.value) is kind
    assert "loket@" not in str(error.value)
    assert mailbox.mails == []


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(environment, mailbox, message):
    url = f"smtp://{USER}:x@localhost:{mailbox.port}?starttls=required"
    untrusting = Email(Settings.from_environment({**environment, "SMTP_URL": url}))

    with pytest.raises(Unavailable):
        await send(untrusting, message)
    assert mailbox.mails == []


async def test_a_certificate_of_another_host_gets_nothing(adapter, mailbox, message):
    """The certificate is for localhost and 127.0.0.1."""
    with pytest.raises(Unavailable):
        await send(adapter(mailbox.port, host="127.0.0.2"), message)


async def test_a_server_without_starttls_gets_nothing_when_it_is_required(adapter, message):
    box = Mailbox(free_port(), None)
    box.start()
    try:
        with pytest.raises(Unavailable):
            await send(adapter(box.port), message)
    finally:
        box.stop()
    assert box.mails == []


async def test_without_a_server_it_waits(environment, message):
    with pytest.raises(Unavailable, match="SMTP_URL is not set"):
        await send(Email(Settings.from_environment(environment)), message)


def test_a_second_delivery_has_the_same_message_id_and_a_follow_up_refers_to_the_first(message):
    first, second = build(message, FROM, TO["to"]), build(message, FROM, TO["to"])
    later = build(
        replace(message, about="herinnering", key="SW-ACEF-0001.herinnering.ab"), FROM, TO["to"]
    )

    assert first["Message-ID"] == second["Message-ID"]
    assert later["Message-ID"] != first["Message-ID"]
    assert later["In-Reply-To"] == later["References"] == first["Message-ID"]


@pytest.mark.parametrize("about", ["nieuw", "gewijzigd", "herinnering", "ingetrokken"])
def test_no_contact_detail_is_in_a_header(message, about):
    mail = build(replace(message, about=about), FROM, TO["to"])

    assert "12345678" not in "".join(f"{name}: {value}" for name, value in mail.items())


def test_a_withdrawn_message_says_which_request_it_was_and_nothing_else(office):
    office.add_desk("assen", TO)
    reference = office.refer("assen")
    office.tell(reference, "ingetrokken", status="ingetrokken", contact=b"")
    message = office.message(Referrals(SECRET), f"{reference}.ingetrokken")

    for text in (plain(message), html(message), str(message.as_dict())):
        assert reference in text
        for gone in ("12345678", "bakkerij", "Bakkerij", "17 uur", "Mag dit"):
            assert gone not in text
    assert "Neem geen contact meer op" in plain(message)
    assert message.contact is None


@pytest.mark.parametrize(
    "injected",
    ["x\r\nBcc: dief@kwaad.example", "x\nBcc: dief@kwaad.example", "x\r\n\r\nlichaam", "x\x00y"],
)
def test_no_header_can_be_smuggled_in(message, injected):
    mail = build(replace(message, service=injected), FROM, TO["to"])
    sent = message_from_bytes(mail.as_bytes(), policy=policy.default)

    assert sent["Bcc"] is None
    assert {name.lower() for name in set(sent)} == {
        *("subject", "from", "to", "date", "message-id", "auto-submitted", "content-language"),
        *("mime-version", "content-type"),
    }


@pytest.mark.parametrize(
    "address",
    [
        "a@b.nl,dief@kwaad.example",
        "a@b.nl\r\nBcc: x@y.nl",
        "loket",
        "",
        "a@b.nl dief@kwaad.example",
    ],
)
def test_an_address_that_is_none_gets_nothing(message, address):
    with pytest.raises(Refused, match="not valid"):
        build(message, FROM, address)


def test_what_people_typed_is_escaped_in_html(message):
    hostile = '<script>alert(1)</script> & "<img src=x onerror=y>'
    text = html(
        replace(
            message, question=hostile, wish=hostile, context=((hostile, hostile),), service=hostile
        )
    )

    assert "<script>" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;&lt;img" in text


def test_urgency_is_in_the_subject(message):
    assert replace(message, urgency="spoed").subject.startswith("Spoed. Nieuwe aanvraag")
    assert replace(message, urgency="gewoon").subject == message.subject
    assert "Haast: ja, deze week" in plain(replace(message, urgency="spoed"))


def test_a_message_never_shows_its_contact_detail_by_accident(message):
    assert "12345678" not in repr(message)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.nl", ("mail.example.nl", 587, False, True)),
        ("smtp://mail.example.nl:25?starttls=never", ("mail.example.nl", 25, False, False)),
        ("smtp://mail.example.nl?starttls=required", ("mail.example.nl", 587, False, True)),
        ("smtps://mail.example.nl", ("mail.example.nl", 465, True, False)),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, False, False)),
        ("smtp://localhost", ("localhost", 25, False, False)),
        ("smtp://localhost:25?starttls=required", ("localhost", 25, False, True)),
    ],
)
def test_tls_is_the_default_for_every_server_elsewhere(url, expected):
    server = Server.from_url(url)

    assert (server.host, server.port, server.implicit_tls, server.starttls) == expected


def test_a_password_may_have_any_character_and_is_not_shown():
    server = Server.from_url(f"smtps://jan%40x.nl:{quote(PASSWORD, safe='')}@mail.example.nl")

    assert (server.user, server.password) == ("jan@x.nl", PASSWORD)
    assert PASSWORD not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://jan:geheim@mail.example.nl?starttls=never",
        "smtp://mail.example.nl?starttls=soms",
        "smtp://mail.example.nl?verify=no",
    ],
)
def test_an_unsafe_or_unknown_option_is_refused_in_dutch_without_the_password(url):
    with pytest.raises(SettingsError, match="SMTP_URL") as error:
        Server.from_url(url)

    assert "geheim" not in str(error.value)


def test_tls_is_verified_and_at_least_1_2(authority):
    context = Server.from_url("smtps://mail.example.nl", str(authority / "ca.pem")).tls()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_certificate_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"SMTP_CA_FILE .*weg\.pem"):
        Server.from_url("smtps://mail.example.nl", str(tmp_path / "weg.pem")).tls()


@pytest.mark.parametrize("text", ["Jan", "", "jan@", "@x.nl", "a@b.nl\r\nBcc: x@y.nl", "ján@x.nl"])
def test_a_sender_that_is_no_address_is_refused(text):
    with pytest.raises(SettingsError, match="SMTP_FROM"):
        sender(text)


def test_a_sender_may_have_a_frisian_name(message):
    author = sender("Gemeente Súdwest-Fryslân <loket@swf.example>")

    sent = message_from_bytes(build(message, author, TO["to"]).as_bytes(), policy=policy.default)
    assert sent["From"].addresses[0].display_name == "Gemeente Súdwest-Fryslân"
