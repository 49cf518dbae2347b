"""security.txt as RFC 9116 wants it."""

from datetime import datetime, timedelta, timezone

import pytest
import requests

from bot.settings import Settings, SettingsError

PATH = "/.well-known/security.txt"
CONTACTS = "mailto:beveiliging@voorbeeldstad.nl, https://voorbeeldstad.nl/lek"


def test_it_names_whom_to_tell_until_when_and_where_it_belongs(serve, database, tmp_path):
    public = "https://start.voorbeeldstad.nl"
    with serve(database, tmp_path, SECURITY_CONTACT=CONTACTS, PUBLIC_URL=public) as url:
        answer = requests.get(f"{url}{PATH}", timeout=20)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in answer.text.splitlines()]
    assert [value for name, value in fields if name == "Contact"] == CONTACTS.split(", ")
    once = dict(fields)
    assert once["Canonical"] == f"{public}{PATH}"
    expires = datetime.fromisoformat(once["Expires"].replace("Z", "+00:00"))
    assert timedelta(0) < expires - datetime.now(timezone.utc) < timedelta(days=365)


def test_without_anyone_to_tell_there_is_none(url):
    assert requests.get(f"{url}{PATH}", timeout=20).status_code == 404


@pytest.mark.parametrize(
    "contact", ["beveiliging@voorbeeldstad.nl", "http://voorbeeldstad.nl", "mailto:a\nExpires: x"]
)
def test_a_contact_that_the_rfc_does_not_allow_stops_the_start(tmp_path, contact):
    with pytest.raises(SettingsError, match="SECURITY_CONTACT"):
        Settings.from_environment({"VAR_DIR": str(tmp_path), "SECURITY_CONTACT": contact})


@pytest.mark.parametrize(("name", "value"), [("METRICS_TOKEN", "short"), ("LOG_FORMAT", "xml")])
def test_other_settings_of_operations_are_checked(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({"VAR_DIR": str(tmp_path), name: value})


def test_the_log_is_json_in_production_and_readable_elsewhere(tmp_path):
    secrets = {"SECRET_KEY": "s" * 32, "RASA_TOKEN": "s" * 32, "VAR_DIR": str(tmp_path)}
    for more, form in (
        ({"ENVIRONMENT": "production"}, "json"),
        ({}, "text"),
        ({"ENVIRONMENT": "production", "LOG_FORMAT": "text"}, "text"),
        ({"LOG_FORMAT": "json"}, "json"),
    ):
        assert Settings.from_environment({**secrets, **more}).log_format == form
