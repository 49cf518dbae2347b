"""Where a request comes from, directly or through our own proxies."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bot.gateway.addresses import Addresses
from bot.settings import Settings, SettingsError

SECRET = "een-geheim-van-minstens-32-tekens-lang"
PROXIES = ("10.0.0.0/8", "fd00::/8")


def address(remote, *forwarded, trusted=PROXIES):
    headers = CIMultiDict(("X-Forwarded-For", value) for value in forwarded)
    request = make_mocked_request("GET", "/", headers=headers)
    return Addresses(trusted).of(request.clone(remote=remote))


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("6.6.6.6, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("6.6.6.6", "198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1:5555",), "198.51.100.1"),
        ("10.0.0.1", ("6.6.6.6, geheim",), "10.0.0.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.9",), "10.0.0.9"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("fd00::1", ("[2001:db8:1:2:3:4:5:6]:443",), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", (), "2001:db8:1:2::/64"),
        ("", (), ""),
    ],
)
def test_only_our_own_proxies_are_believed(remote, forwarded, expected):
    assert address(remote, *forwarded) == expected


def test_without_proxies_of_our_own_nothing_is_believed():
    assert address("10.0.0.1", "198.51.100.1", trusted=()) == "10.0.0.1"


def test_a_proxy_that_was_forgotten_in_the_settings_is_told_once_without_addresses(caplog):
    addresses = Addresses(PROXIES)
    for remote in ("10.0.0.1", "203.0.113.7", "203.0.113.8"):
        request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "198.51.100.1"})
        addresses.of(request.clone(remote=remote))

    (record,) = caplog.records
    assert "TRUSTED_PROXIES" in record.getMessage()
    assert "113" not in record.getMessage()


def settings(**environment):
    return Settings.from_environment(
        {"VAR_DIR": "/tmp", "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET, **environment}
    )


def test_the_networks_of_our_proxies_are_a_setting():
    assert settings().trusted_proxies == ()
    given = settings(TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1").trusted_proxies
    assert given == ("10.0.0.0/8", "192.0.2.1")
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES noemt 'proxy'"):
        settings(TRUSTED_PROXIES="proxy")


def test_the_websites_that_embed_the_chat_are_a_setting():
    assert settings().allowed_origins == ()
    given = settings(ALLOWED_ORIGINS="https://www.Assen.nl, http://localhost:8000")
    assert given.allowed_origins == ("https://www.assen.nl", "http://localhost:8000")


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "assen.nl",
        "https://assen.nl/",
        "https://assen.nl/chat",
        "https://*.assen.nl",
        "null",
        "https://a@assen.nl",
        "ftp://assen.nl",
        "https://",
    ],
)
def test_what_is_no_website_is_refused_by_name(value):
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        settings(ALLOWED_ORIGINS=f"https://goed.nl,{value}")
