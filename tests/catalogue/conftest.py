"""A copy of the content that a test may damage."""

import shutil

import pytest
from ruamel.yaml import YAML

from bot.catalogue.content import CATALOGUE
from bot.content import read_yaml


class Folder:
    """A copy of `data/catalogue/`; paths are relative to it, without `.yml`."""

    def __init__(self, path):
        self.path = path

    def file(self, name):
        return self.path / f"{name}.yml"

    def change(self, file, /, **fields):
        """Sets fields of the one item in a file; None takes a field away."""
        self._write(file, self._with(read_yaml(self.file(file)), fields))

    def change_listed(self, file, number, /, **fields):
        """The same, for the item with this number in a file that holds a list."""
        data = read_yaml(self.file(file))
        items = next(iter(data.values()))
        items[number] = self._with(items[number], fields)
        self._write(file, data)

    def _with(self, item, fields):
        return {name: v for name, v in {**item, **fields}.items() if v is not None}

    def _write(self, file, data):
        with self.file(file).open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(CATALOGUE, tmp_path / "catalogue")
    return Folder(tmp_path / "catalogue")
