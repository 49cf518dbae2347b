"""The real rules, and a copy of them that a test may damage."""

import shutil

import pytest
from ruamel.yaml import YAML

from bot.content import read_yaml
from bot.schemes.content import SCHEMES, read


class Folder:
    """A copy of `data/schemes/`; paths are relative to it, without `.yml`."""

    def __init__(self, path):
        self.path = path

    def file(self, name):
        return self.path / f"{name}.yml"

    def change(self, file, change):
        """Changes the data of a file by a function that works on it in place."""
        data = read_yaml(self.file(file))
        change(data)
        with self.file(file).open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)


@pytest.fixture(scope="session")
def rules():
    return read()


@pytest.fixture(scope="session")
def schemes(rules):
    """The schemes by id."""
    return {scheme.id: scheme for scheme in rules.schemes}


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SCHEMES, tmp_path / "schemes")
    return Folder(tmp_path / "schemes")
