"""Over WhatsApp, too, somebody hears that the answer is late, once; and no number is lost."""

import pytest
from scripted_rasa import ScriptedRasa
from whatsapp_service import Service, serving

from bot.gateway.trouble import LATE


@pytest.fixture
def service(database, tmp_path):
    with (
        ScriptedRasa(database) as rasa,
        serving(database, tmp_path, PORT_RASA=str(rasa.port)) as url,
    ):
        yield Service(url, database, rasa)


def test_an_answer_that_is_late_is_told_and_comes_after_it(service):
    phone = service.phone()
    service.rasa.gate.clear()
    phone.send("een vraag")
    service.rasa.wait_for(1)
    service.until(lambda: LATE.text in service.said())
    service.rasa.gate.set()
    service.settle()

    assert service.said().count(LATE.text) == 1
    assert service.said()[-1] == "Antwoord op: een vraag"
    assert service.turns() == ["een vraag"]


def test_many_who_wait_are_all_told(service):
    """More people than are answered at the same time."""
    phones = [service.phone(f"316000000{number:02}") for number in range(12)]
    service.rasa.gate.clear()
    for phone in phones:
        phone.send("een vraag")

    def told():
        said = [[text for _, text in service.log(here)] for here in service.conversations()]
        return len(said) == len(phones) and all(LATE.text in texts for texts in said)

    service.until(told)
    service.rasa.gate.set()
    service.settle(60)
    for here in service.conversations():
        texts = [text for _, text in service.log(here)]
        assert texts.count("Antwoord op: een vraag") == 1
