"""The value lists of the government that the exchange uses."""

import pytest

from bot.catalogue import gemeenten
from bot.catalogue.exchange import owms, upl

TERMS = "http://standaarden.overheid.nl/owms/terms/"


def test_the_list_of_uniform_names_is_whole():
    terms = upl.terms().values()

    assert len(terms) == 1017
    assert sum(term.business for term in terms) == 585
    assert all(term.uri.startswith(TERMS) and term.name == term.name.strip() for term in terms)
    assert not upl.terms()[upl.NO_NAME].business


@pytest.mark.parametrize(
    ("name", "uri", "found"),
    [
        ("iets anders", f"{TERMS}bijstandZst", "bijstand zelfstandigen"),
        ("Bijstand Zelfstandigen", "", "bijstand zelfstandigen"),
        ("bijstand zelfstandigen", "https://elders.example/bijstandZst", "bijstand zelfstandigen"),
        ("", f" {TERMS}bijstandZst\n", "bijstand zelfstandigen"),
        ("nieuw", f"{TERMS}nieuw", "nieuw"),
        ("", f"{TERMS}nieuw", None),
        ("nieuw", f"{TERMS}nie uw", None),
        ("", "", None),
    ],
)
def test_find(name, uri, found):
    term = upl.find(name, uri)

    assert (term.name if term else None) == found


@pytest.mark.parametrize(
    ("name", "address", "label"),
    [
        ("Aalsmeer", "Aalsmeer_(gemeente)", "Aalsmeer"),
        ("Utrecht", "Utrecht_(gemeente)", "Utrecht"),
        ("Amsterdam", "Amsterdam", "Amsterdam"),
        ("Aa en Hunze", "Aa_en_Hunze", "Aa en Hunze"),
        ("Alphen aan den Rijn", "Alphen_aan_den_Rijn_(gemeente)", "Alphen aan den Rijn"),
        ("Den Haag", "'s-Gravenhage", "'s-Gravenhage"),
        ("Bergen (Limburg)", "Bergen_(Li)", "Bergen (L)"),
        ("Súdwest-Fryslân", "Sudwest_Fryslan", "Súdwest-Fryslân"),
        ("Voorbeeldstad", "Voorbeeldstad_(gemeente)", "Voorbeeldstad"),
    ],
)
def test_gemeente(name, address, label):
    assert owms.gemeente(name) == (TERMS + address, label)


def test_every_gemeente_has_an_address_of_its_own_and_none_is_misspelt():
    names = gemeenten.names()
    addresses = {owms.gemeente(name)[0] for name in names}

    assert len(addresses) == len(names)
    assert not any(" " in address for address in addresses)
    without = {n for n in names if not owms.gemeente(n)[0].endswith("_(gemeente)")}
    assert len(without) == 115 + 6  # as many as the list has, and those with another name
