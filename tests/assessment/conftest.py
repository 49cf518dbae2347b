"""The bank in the repository, and copies of it that a test may change."""

import pytest
from ruamel.yaml import YAML

from bot.assessment.bank import read_bank
from bot.content import DATA, read_yaml

BANK = DATA / "assessment" / "zelfscan.yml"


@pytest.fixture(scope="session")
def bank():
    return read_bank()


@pytest.fixture
def changed(tmp_path):
    """Writes a changed copy of the bank: give a function that changes its data."""

    def write(change):
        data = read_yaml(BANK)
        change(data)
        path = tmp_path / "zelfscan.yml"
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)
        return path

    return write
