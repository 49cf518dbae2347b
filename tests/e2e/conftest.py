from __future__ import annotations

from collections.abc import Iterator

import pytest
from product import Citizen, Product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running product for all tests that leave it as it is."""
    running = Product(tmp_path_factory.mktemp("product"))
    try:
        running.start("actions", "rasa")
        running.start("web")
        yield running
    finally:
        running.stop()


@pytest.fixture
def citizen(product: Product) -> Citizen:
    """Someone from Voorbeeldstad, greeted by the bot."""
    return Citizen(product.url).start()
