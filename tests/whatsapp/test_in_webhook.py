import json
import logging
import time

import pytest
import sqlalchemy as sa
from meta import APP_SECRET, VERIFY_TOKEN, Meta, Phone, envelope, sign, value

from bot.gateway.whatsapp.signature import is_signed
from bot.gateway.whatsapp.webhook import LARGEST_BODY
from bot.whatsapp.model import WhatsAppUpdate

HEADER = "X-Hub-Signature-256"


def verify(service, **query):
    import requests

    names = {f"hub.{name}": text for name, text in query.items()}
    return requests.get(service.meta.url, params=names, timeout=30)


def updates(database):
    with database.session() as session:
        return list(session.execute(sa.select(WhatsAppUpdate).order_by("id")).scalars())


def test_the_challenge_comes_back_to_who_knows_the_word(service):
    answer = verify(service, mode="subscribe", verify_token=VERIFY_TOKEN, challenge="1158201444")

    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "verify_token": "fout", "challenge": "1"},
        {"mode": "subscribe", "verify_token": VERIFY_TOKEN + "x", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "é", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": VERIFY_TOKEN, "challenge": "1"},
        {"verify_token": VERIFY_TOKEN},
        {"mode": "subscribe", "challenge": "1"},
        {},
    ],
)
def test_the_challenge_comes_back_to_nobody_else(service, query):
    answer = verify(service, **query)

    assert answer.status_code == 403
    assert VERIFY_TOKEN not in answer.text


BODIES = [
    b"{}",
    b'{"object": "whatsapp_business_account", "entry": []}',
    '{"naam": "Zoë – één café 👍🏽 \\u00e9 \\ud83d\\udc4d"}'.encode(),
    b'{ "spaties" :\t"blijven" }\r\n',
    "﻿{}".encode(),
    b"",
]


@pytest.mark.parametrize("body", BODIES)
def test_a_signature_is_about_the_bytes_as_they_came(body):
    assert is_signed(body, sign(body), APP_SECRET)
    assert not is_signed(body + b" ", sign(body), APP_SECRET)
    assert not is_signed(body, sign(body, "a secret of somebody else"), APP_SECRET)


@pytest.mark.parametrize(
    "header",
    ["", "sha256=", "sha1=abc", "sha256=é", "sha256=" + "0" * 64, "0" * 64, "sha256=zz", "\ud800"],
)
def test_anything_else_is_no_signature(header):
    assert not is_signed(b"{}", header, APP_SECRET)


def test_a_signature_without_its_name_is_no_signature():
    assert not is_signed(b"{}", sign(b"{}").removeprefix("sha256="), APP_SECRET)


def test_a_body_with_letters_of_every_kind_is_taken_in_its_own_bytes(service):
    message = service.phone().text("Graag wil ik één café 👍🏽 beginnen in ’s-Gravenhage")
    body = service.phone().body(message)

    for raw in (json.dumps(body), json.dumps(body, ensure_ascii=False, indent=3)):
        assert service.meta.post(raw.encode()).status_code == 200
    service.settle()

    assert ("in", message["text"]["body"]) in service.log()


def test_without_a_signature_nothing_is_taken(service, caplog):
    body = json.dumps(service.phone().body(service.phone().text("hoi"))).encode()

    answers = {
        "missing": service.meta.post(body, other="1"),
        "empty": service.meta.post(body, **{HEADER: ""}),
        "wrong": service.meta.post(body, **{HEADER: sign(body, "x")}),
        "of another body": service.meta.post(body, **{HEADER: sign(body + b" ")}),
    }

    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {"missing": 401, "empty": 401, "wrong": 403, "of another body": 403}
    assert updates(service.database) == []
    right = sign(body).removeprefix("sha256=")
    for answer in answers.values():
        assert right not in answer.text + str(answer.headers)
    assert right not in caplog.text


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"a": }', b"\xff\xfe\xfa", b"[" * 100_000, b"1" * 5000 + b"1"]
)
def test_what_is_no_json_is_refused(service, raw):
    assert service.meta.post(raw).status_code == 400


@pytest.mark.parametrize("body", [None, 1, "x", [], {}, {"object": "page", "entry": []}])
def test_json_without_messages_is_taken(service, body):
    assert service.meta.post(body).status_code == 200


def test_a_body_of_three_megabytes_is_taken_and_a_larger_one_is_not(service):
    filler = "x" * (LARGEST_BODY - 2000)
    large = service.phone().body(service.phone().text("hoi", filler=filler))

    assert service.meta.post(large).status_code == 200
    assert len(updates(service.database)) == 1
    assert service.meta.post(b" " * (LARGEST_BODY + 1)).status_code == 413


def test_people_on_the_website_may_not_send_that_much(service):
    import requests

    answer = requests.post(f"{service.url}/api/v1/conversations", data=b" " * 100_000, timeout=30)

    assert answer.status_code == 413


def test_it_answers_before_the_dialogue_runs(service):
    service.rasa.gate.clear()
    service.phone().send("hoe begin ik een bedrijf")

    assert len(updates(service.database)) == 1
    service.rasa.gate.set()
    service.settle()
    assert "Antwoord op: hoe begin ik een bedrijf" in service.said()


def test_every_message_of_every_change_of_every_entry_is_taken(service):
    first, second = service.phone("31600000001"), service.phone("31600000002")
    body = envelope(value(first.text("a"), second.text("b")), value(first.text("c")))
    body["entry"].append(envelope(value(second.text("d"), first.text("e")))["entry"][0])

    service.meta.deliver(body)
    service.settle()

    assert sorted(service.turns()) == ["a", "b", "c", "d", "e"]
    assert len(service.conversations()) == 2


def test_a_strange_message_does_not_lose_its_neighbours(service):
    phone = service.phone()
    strange = [None, 1, {"from": 3}, {"type": "text", "from": "31600000001", "id": 5}]

    service.meta.deliver(phone.body(phone.text("a"), *strange, phone.text("b")))
    service.settle()

    assert service.turns() == ["a", "b"]


def test_the_same_message_counts_once_however_often_it_comes(service):
    phone = service.phone()
    message = phone.text("hoi allemaal")
    for _ in range(3):
        service.meta.deliver(phone.body(message, message))
    service.settle()
    service.meta.deliver(phone.body(message))
    service.settle()

    assert service.turns() == ["hoi allemaal"]


def test_the_same_message_counts_once_after_a_restart(database, rasa, serve):
    with serve(database, rasa) as service:
        phone = service.phone()
        (message,) = phone.send("hoi allemaal")
        service.settle()
    with serve(database, rasa) as service:
        phone.meta = service.meta
        phone.send(message)
        service.settle()

        assert service.turns() == ["hoi allemaal"]


def test_the_same_message_counts_once_under_a_new_secret(database, rasa, serve):
    old, new = (
        "the key of last year that is long enough",
        "the key of now that is long enough",
    )
    with serve(database, rasa, SECRET_KEY=old) as service:
        phone = service.phone()
        (message,) = phone.send("hoi allemaal")
        service.settle()
    with serve(database, rasa, SECRET_KEY=new, SECRET_KEY_OLD=old) as service:
        phone.meta = service.meta
        phone.send(message, "nog iets")
        service.settle()

        assert service.turns() == ["hoi allemaal", "nog iets"]
        assert len(service.conversations()) == 1


def test_what_waits_is_handled_after_a_restart(database, rasa, serve):
    with serve(database, rasa) as service:
        service.rasa.gate.clear()
        service.phone().send("een", "twee mensen", "drie mensen")
    rasa.gate.set()
    with serve(database, rasa) as service:
        service.settle()

        said = [text for direction, text in service.log() if direction == "in"]
        assert said == ["een", "twee mensen", "drie mensen"]


def test_a_number_that_is_not_ours_is_taken_and_left(service, caplog):
    caplog.set_level(logging.INFO)
    phone = service.phone()
    service.meta.deliver(envelope(value(phone.text("geheim"), number="990000000000009")))

    assert updates(service.database) == []
    assert "other number" in caplog.text
    assert "990000000000009" not in caplog.text


def test_nothing_of_a_message_or_of_who_sent_it_is_in_the_log(service, caplog):
    caplog.set_level(logging.DEBUG)
    phone = service.phone("31600000042", "NL.4242")
    (message,) = phone.send("mijn geheim is paars")
    phone.send(phone.message("image", {"id": "9", "caption": "ook geheim"}))
    phone.send(phone.message("hologram", {"x": "heel geheim"}))
    service.settle()

    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("bot"))
    assert "webhook" in ours
    for secret in ("geheim", "31600000042", "NL.4242", message["id"], "Test Burger"):
        assert secret not in ours


def test_no_table_holds_a_number_an_id_or_a_word_that_can_be_read(service):
    phone = service.phone("31600000042", "NL.4242")
    (message,) = phone.send("hoe begin ik")
    service.settle()

    with service.database.session() as session:
        for table in ("whatsapp_person", "whatsapp_key", "whatsapp_update", "message"):
            rows = str(session.execute(sa.text(f"SELECT * FROM {table}")).all())
            for secret in ("31600000042", "NL.4242", message["id"], "Test Burger"):
                assert secret not in rows, table
            if table != "message":
                assert "hoe begin" not in rows


def test_what_is_handled_is_kept_without_what_was_said(service):
    service.phone().send("hoe begin ik")
    service.settle()

    (update,) = updates(service.database)
    assert (update.status, update.body) == ("handled", None)


def test_when_it_cannot_be_stored_meta_hears_so_and_sends_it_again(service):
    phone = service.phone()
    message = phone.text("hoi allemaal")
    with service.database.session() as session:
        session.execute(sa.text("ALTER TABLE whatsapp_update RENAME TO elsewhere"))
    answer = service.meta.post(phone.body(message))
    with service.database.session() as session:
        session.execute(sa.text("ALTER TABLE elsewhere RENAME TO whatsapp_update"))

    assert answer.status_code == 503
    phone.send(message)
    service.settle()
    assert service.turns() == ["hoi allemaal"]


def test_without_its_settings_there_is_no_webhook(database, rasa, serve):
    empty = dict.fromkeys(
        (
            "WHATSAPP_VERIFY_TOKEN",
            "WHATSAPP_APP_SECRET",
            "WHATSAPP_ACCESS_TOKEN",
            "WHATSAPP_PHONE_NUMBER_ID",
        ),
        "",
    )
    with serve(database, rasa, ENVIRONMENT="production", **empty) as service:
        body = json.dumps(Phone(Meta(service.url)).body()).encode()

        assert service.meta.post(body).status_code == 404
        assert service.meta.post(body, **{HEADER: sign(body, "")}).status_code == 404


def test_a_status_of_a_message_that_is_not_ours_is_taken(service):
    status = {"id": "wamid.x", "status": "delivered", "timestamp": str(int(time.time()))}
    service.meta.deliver(envelope(value(statuses=[status, {"id": 3}, None])))
