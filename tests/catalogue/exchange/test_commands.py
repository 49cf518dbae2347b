"""The commands, as an administrator runs them."""

import json
import sys
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from bot import cli
from bot.settings import SECRETS, Settings


@dataclass
class Result:
    returncode: int
    stdout: bytes
    stderr: bytes


@pytest.fixture
def run(drafts, our_database, monkeypatch, capsysbinary):
    """Runs a command with a var folder of its own and our services in the database."""
    environment = {"VAR_DIR": str(drafts.folder.parent), "GEMEENTE": "Voorbeeldstad"}
    secrets = {name: "x" * 40 for name in SECRETS}
    settings = Settings.from_environment({**environment, **secrets})
    monkeypatch.setattr(cli, "settings", lambda: settings)
    monkeypatch.setattr(cli, "database", lambda: our_database)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["startwijzer", "catalogue", *map(str, arguments)])
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return Result(stopped.value.code, *capsysbinary.readouterr())

    return command


def test_a_feed_is_imported_and_the_catalogue_stays_as_it_is(run, sc, drafts):
    feed = drafts.path(sc.feed(sc.product(), sc.product(2, audience="particulier")))
    before = run("list", "--json").stdout

    result = run("import-sc", feed, "--gemeente", "Aalsmeer")

    assert result.returncode == 0, result.stderr
    text = result.stdout.decode()
    assert "2 producten gelezen, 1 concept gemaakt." in text
    assert "1 product overgeslagen: niet voor ondernemers." in text
    assert str(drafts.folder) in text
    assert list(drafts.read()) == ["aalsmeer-parkeervergunning-1"]
    assert run("list", "--json").stdout == before


def test_product_types_are_imported(run, page, product_type, drafts):
    result = run("import-open-product", drafts.path(page(product_type())), "--gemeente", "Aalsmeer")

    assert result.returncode == 0, result.stderr
    assert list(drafts.read()) == ["aalsmeer-vergunning-1"]


@pytest.mark.parametrize(
    ("command", "data", "gemeente", "message"),
    [
        ("import-sc", b"<a/>", "Aalsmeer", "dit is geen feed van Samenwerkende Catalogi 4.0"),
        ("import-sc", b"<a/>", "Aalsmere", "'Aalsmere' is geen gemeente"),
        ("import-open-product", b"[NaN]", "Aalsmeer", "NaN is geen getal"),
    ],
)
def test_an_error_is_one_message_and_changes_nothing(run, drafts, command, data, gemeente, message):
    drafts.fill()
    before = drafts.everything()

    result = run(command, drafts.path(data), "--gemeente", gemeente)

    _, first, second = result.stderr.decode().splitlines()
    assert result.returncode == 1
    assert first.startswith("FOUT: ")
    assert message in second
    assert drafts.everything() == before


def test_a_file_that_is_not_there_is_an_error(run, tmp_path):
    result = run("import-sc", tmp_path / "nee.xml", "--gemeente", "Aalsmeer")

    assert result.returncode == 1
    assert "dit bestand bestaat niet" in result.stderr.decode()


def test_export_is_json_as_before_unless_another_format_is_asked(run, our_services):
    assert json.loads(run("export").stdout) == our_services
    assert run("export", "--format", "json").stdout == run("export").stdout


def test_the_export_of_a_gemeente_has_its_services_and_those_of_the_country(run):
    found = json.loads(run("export", "--gemeente", "Assen").stdout)

    assert {"Assen"} <= {name for service in found for name in service["gemeenten"]}
    assert all("Assen" in service["gemeenten"] for service in found if service["gemeenten"])
    assert any(not service["gemeenten"] for service in found)


def test_the_feed_that_is_exported_can_be_imported(run, drafts):
    for options, publisher in (((), "Voorbeeldstad"), (("--gemeente", "Assen"), "Assen")):
        feed = run("export", "--format", "sc", *options).stdout
        root = ElementTree.fromstring(feed)
        authorities = {
            found.text
            for found in root.iter("{http://standaarden.overheid.nl/owms/terms/}authority")
        }
        assert authorities == {publisher}

        result = run("import-sc", drafts.path(feed), "--gemeente", publisher)

        assert f"{len(root)} producten gelezen, {len(root)} concepten" in result.stdout.decode()


@pytest.mark.parametrize("form", ["json", "sc"])
def test_a_gemeente_that_does_not_exist_is_not_exported(run, form):
    result = run("export", "--format", form, "--gemeente", "Asen")

    assert result.returncode == 1
    assert result.stdout == b""
    assert "'Asen' is geen gemeente" in result.stderr.decode()
