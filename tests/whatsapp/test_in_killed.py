"""A process of its own that is killed while Meta goes on sending: nothing is lost or doubled."""

import random
import threading
import time

import pytest
import requests
import sqlalchemy as sa
from meta import ENVIRONMENT, Meta, Phone
from served import WebProcess
from whatsapp_service import Service

from bot.whatsapp.model import WhatsAppPerson, WhatsAppUpdate

PEOPLE, EACH, KILLS = 4, 12, 4


@pytest.fixture
def process(database, rasa, tmp_path):
    process = WebProcess(database.url, rasa.port, tmp_path, **ENVIRONMENT)
    yield process
    process.close()


class Insistent(Meta):
    """Meta, which sends a webhook again until it is told that it arrived."""

    def __init__(self, process):
        self.process = process
        self.accepted = 0

    def deliver(self, body):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            self.url = f"{self.process.url}/webhooks/whatsapp"
            try:
                if self.post(body).status_code == 200:
                    self.accepted += 1
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError("the webhook never arrived")


def test_each_message_is_handled_once_and_in_order_whenever_the_process_is_killed(
    process, database, rasa
):
    rasa.delay = 0.02
    meta = Insistent(process)
    phones = [Phone(meta, f"3160000000{number}") for number in range(PEOPLE)]
    texts = {
        phone.wa_id: [f"vraag {number} van {phone.wa_id[-1]}!" for number in range(EACH)]
        for phone in phones
    }
    chance = random.Random(8)
    sent = []

    def talk(phone):
        for text in texts[phone.wa_id]:
            message = phone.text(text)
            phone.send(message)
            if chance.random() < 0.3:  # Meta did not hear us
                phone.send(message)
            sent.append(text)

    threads = [threading.Thread(target=talk, args=[phone], daemon=True) for phone in phones]
    for thread in threads:
        thread.start()
    for number in range(KILLS):
        service = Service(process.url, database, rasa)
        aim = (number + 1) * PEOPLE * EACH // (KILLS + 2)
        service.until(lambda aim=aim: len(sent) >= aim, 60)
        time.sleep(chance.random() * 0.2)
        process.kill()
        process.start()
    for thread in threads:
        thread.join(120)
    service = Service(process.url, database, rasa)
    service.settle(120)

    assert len(sent) == PEOPLE * EACH
    found = {}
    for here in service.conversations():
        said = [text for direction, text in service.log(here) if direction == "in"]
        out = [text for direction, text in service.log(here) if direction == "out"]
        found[said[0][-2]] = said
        assert sum("computer" in text for text in out) == 1
        for text in said:
            assert out.count(f"Antwoord op: {text}") == 1
    assert found == {wa_id[-1]: told for wa_id, told in texts.items()}
    with database.session() as session:
        left = sa.select(WhatsAppUpdate.id).where(WhatsAppUpdate.body.is_not(None))
        assert session.execute(left).all() == []
        assert session.query(WhatsAppPerson).count() == PEOPLE


def test_what_was_taken_just_before_a_kill_is_handled_after_it(process, database, rasa):
    meta = Meta(process.url)
    phone = Phone(meta)
    phone.send("een vraag")
    process.kill()
    process.start()
    service = Service(process.url, database, rasa)
    service.settle(60)

    assert [text for way, text in service.log() if way == "in"] == ["een vraag"]
    assert service.said()[-1] == "Antwoord op: een vraag"
