"""Parts that fail with somebody's words in their hands do not write them down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
import requests
from product import Citizen, Product

# Words that stand nowhere in the code, the content or the training data.
WORDS = "kwibbelzwamp"
TEXT = f"hoe schrijf ik mijn bedrijf {WORDS} in bij de kvk?"


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product of our own, that is damaged."""
    running = Product(tmp_path_factory.mktemp("logs"))
    try:
        running.start("actions", "rasa")
        running.start("web")
        yield running
    finally:
        running.stop()


def change(product: Product, *statements: str) -> None:
    database = sqlite3.connect(product.settings.database_url.removeprefix("sqlite:///"))
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def said_to_rasa(product: Product) -> None:
    """A turn without the gateway, which would try it again and again."""
    requests.post(
        f"{product.settings.rasa_url}/webhooks/rest/webhook",
        params={"token": product.settings.rasa_token},
        json={"sender": "somebody", "message": TEXT},
        timeout=60,
    )


def test_no_failure_of_any_part_leaves_what_was_said_in_a_log(product: Product) -> None:
    citizen = Citizen(product.url).start()
    citizen.say(TEXT)

    # An action that fails half-way: its answer is gone from the catalogue. Without a version of
    # the content nothing that was read before is used again.
    change(product, "DELETE FROM catalogue_version", "DELETE FROM source", "DELETE FROM answer")
    said_to_rasa(product)
    in_action = product.logs()
    assert "LookupError at actions/answers.py" in in_action

    # Rasa that cannot store its events; SQLAlchemy quotes them in its error.
    change(product, "ALTER TABLE events RENAME TO events_away")
    said_to_rasa(product)
    in_rasa = product.logs().replace(in_action, "")
    assert "OperationalError" in in_rasa

    # Rasa without its actions, and the gateway that has to apologise.
    change(product, "ALTER TABLE events_away RENAME TO events")
    product.signal("actions", 9)
    assert "Sorry" in citizen.say(TEXT)

    everything = product.logs()
    assert WORDS not in everything
    assert citizen.id not in everything
    assert citizen.token not in everything
    assert product.settings.rasa_token not in everything
    assert '"status":' in everything or "status=200" in everything
