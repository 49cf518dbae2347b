"""The whole product with a service manager, with actions that fail as a test says."""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from product import Citizen

from bench.load.keeper import Keeper
from bench.load.product import Product
from bot.settings import ROOT

# What somebody reads about a way to a person.
PERSON = "14 met daarachter het netnummer"
# More by hand: FAULT_TURNS=5000 .venv/bin/python -m pytest tests/faults/test_kills.py
TURNS = int(os.environ.get("FAULT_TURNS", "120"))


@dataclass
class Running:
    """The product that runs, and who keeps it running."""

    product: Product
    keeper: Keeper
    orders: Path

    def citizen(self):
        """Someone who was greeted."""
        return Citizen(self.product.url).start()

    def order(self, citizen, what):
        """All actions for this citizen do that from now on: `raise`, `hang`, or work (None)."""
        found = json.loads(self.orders.read_text())
        self.orders.with_suffix(".new").write_text(json.dumps({**found, citizen.id: what}))
        self.orders.with_suffix(".new").replace(self.orders)


@contextmanager
def running(folder, **settings):
    """The product in this folder, until the end."""
    orders = folder / "orders.json"
    orders.write_text("{}")
    product = Product(folder / "var", **settings)
    product.processes = [_faulty(process, orders) for process in product.processes]
    with product.keeper() as keeper:
        yield Running(product, keeper, orders)
    product.database.close()


def _faulty(process, orders):
    if process.name != "actions":
        return process
    command = ["faulty_actions" if word == "actions" else word for word in process.command]
    path = f"{ROOT}:{Path(__file__).parent}"
    return replace(
        process,
        command=command,
        env={**process.env, "PYTHONPATH": path, "FAULT_FILE": str(orders)},
    )
