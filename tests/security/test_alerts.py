"""The warnings for Prometheus about somebody who tries things: they count what they say."""

import re

import pytest
import requests
import yaml
from gateway_citizen import Citizen
from prometheus_client.parser import text_string_to_metric_families
from served import SECRET

from bot.settings import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
COUNTED = re.compile(
    r"sum\(increase\((?P<name>\w+)\{(?P<labels>[^}]*)\}\[15m\]\)\) > (?P<least>\d+)"
)
LABEL = re.compile(r'(\w+)(=~?)"([^"]*)"')
HEADERS = {"Authorization": f"Bearer {SECRET}"}


def rules():
    """Every rule of the file by its name."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def attacks():
    """Those about somebody who tries things."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [r["alert"] for g in groups if g["name"] == "startwijzer-misbruik" for r in g["rules"]]


def samples(site):
    text = requests.get(f"{site.url}/metrics", headers=HEADERS, timeout=30).text
    return [s for family in text_string_to_metric_families(text) for s in family.samples]


def counted(site, alert):
    """What the rule adds up now, read as Prometheus reads it: a pattern is of the whole value."""
    expression = COUNTED.fullmatch(rules()[alert]["expr"])
    wanted = LABEL.findall(expression["labels"])
    assert len(wanted) == expression["labels"].count("="), "every label was understood"

    def fits(sample):
        return sample.name == expression["name"] and all(
            re.fullmatch(value if how == "=~" else re.escape(value), sample.labels[label])
            for label, how, value in wanted
        )

    return sum(sample.value for sample in samples(site) if fits(sample))


def wrong_password(site):
    with requests.Session() as session:
        url = f"{site.url}/console/aanmelden"
        token = re.search(r'name="csrf" value="(\w+)"', session.get(url, timeout=30).text)[1]
        form = {"csrf": token, "email": "a@x.nl", "password": "b"}
        assert session.post(url, data=form, timeout=30).status_code == 422


def forged_form(site):
    url = f"{site.url}/console/aanmelden"
    assert requests.post(url, data={"csrf": "x"}, timeout=30).status_code == 403


def somebody_elses_token(site):
    url = f"{site.url}/api/v1/conversations/{Citizen(site.url).id}/messages"
    assert requests.get(url, headers=Citizen(site.url).headers, timeout=30).status_code == 403


def forged_webhook(site):
    headers = {"X-Hub-Signature-256": f"sha256={'0' * 64}"}
    url = f"{site.url}/webhooks/whatsapp"
    assert requests.post(url, json={}, headers=headers, timeout=30).status_code == 403


def too_fast(site):
    citizen = Citizen(site.url)
    answers = [citizen.ask("POST", "/messages", json={"text": "hoi"}) for _ in range(2)]
    assert answers[1].status_code == 429


TRIED = {
    "GokkenOpAanmelden": wrong_password,
    "MedewerkerZoektGrenzen": forged_form,
    "VreemdeTokens": somebody_elses_token,
    "VervalsteWebhook": forged_webhook,
    "VeelTeSnel": too_fast,
}


def test_every_warning_is_tried():
    assert list(TRIED) == attacks()


@pytest.mark.parametrize("alert", TRIED)
def test_a_warning_counts_what_it_is_about_and_nothing_of_an_ordinary_day(attacked, alert):
    site = attacked(METRICS_TOKEN=SECRET, MESSAGES_PER_DAY="1")
    Citizen(site.url).say("hallo")
    requests.get(f"{site.url}/console/", timeout=30)
    requests.get(f"{site.url}/nergens", timeout=30)
    assert counted(site, alert) == 0

    TRIED[alert](site)
    assert counted(site, alert) == 1


def test_every_warning_is_about_a_figure_that_there_is(attacked):
    site = attacked(METRICS_TOKEN=SECRET)
    requests.get(site.url, timeout=30)
    exported = {sample.name for sample in samples(site)}
    for alert, rule in rules().items():
        names = set(re.findall(r"startwijzer_\w+", rule["expr"]))
        assert names <= exported, alert
        assert names or rule["expr"].startswith("up{"), alert
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith((".", "?"))
