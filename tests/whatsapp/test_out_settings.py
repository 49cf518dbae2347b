"""Templates, the window, and the words around choices."""

import datetime
import re
from types import SimpleNamespace

import pytest

from bot.content import DATA, ContentError
from bot.conversations.messages import About
from bot.settings import ROOT, SettingsError
from bot.whatsapp import window
from bot.whatsapp.pacing import Pace
from bot.whatsapp.rendering import LONGEST_BUTTON
from bot.whatsapp.splitting import length
from bot.whatsapp.templates import choose, kind_of, read_templates
from bot.whatsapp.wording import load_wording, wording

NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.timezone.utc)


def test_templates_are_read_from_the_settings():
    found = read_templates(["referral_news=nieuws_v2:nl", "general=bericht:en_US"])

    assert choose(found, About("doorverwijzing_status").as_dict()).name == "nieuws_v2"
    assert choose(found, About("bbz").as_dict()).name == "bericht"
    assert choose(found, None).language == "en_US"
    assert choose({}, None) is None


@pytest.mark.parametrize("setting", ["nieuws", "general=Nieuws:nl", "other=x:nl", "general=x", "="])
def test_a_template_that_is_not_set_right_stops_the_start(setting):
    with pytest.raises(SettingsError, match="WHATSAPP_TEMPLATES"):
        read_templates([setting])


def test_the_closing_question_has_its_own_kind():
    assert kind_of(About(flow="status", step="geholpen").as_dict()) == "closing_question"


@pytest.mark.parametrize(
    ("hours", "left", "is_open"), [(0, 24, True), (23, 1, True), (24, 0, False), (99, 0, False)]
)
def test_the_window_is_open_for_24_hours_after_the_last_words(hours, left, is_open):
    person = SimpleNamespace(last_in_at=NOON - datetime.timedelta(hours=hours))

    assert window.remaining(person, NOON) == datetime.timedelta(hours=left)
    assert window.is_open(person, NOON) is is_open


def test_who_never_wrote_has_no_window():
    assert window.remaining(SimpleNamespace(last_in_at=None), NOON) == datetime.timedelta(0)


def test_the_pace_lets_a_burst_go_and_then_one_in_six_seconds():
    pace = Pace(burst=3)
    second = datetime.timedelta(seconds=1)

    assert pace.allowed_at([]) is None
    assert pace.allowed_at([NOON] * 2) <= NOON
    assert pace.allowed_at([NOON] * 3) == NOON
    assert pace.allowed_at([NOON] * 4) == NOON + 6 * second
    assert pace.allowed_at([NOON - 60 * second, NOON]) <= NOON


def test_every_short_name_fits_a_button_and_belongs_to_a_title_that_is_there():
    """A title that an editor changed must not leave a short name for nothing behind."""
    files = [*DATA.rglob("*.yml"), *(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]
    everything = "\n".join(
        path.read_text() for path in files if path.parent.name not in ("whatsapp", "nlu")
    )
    everything = re.sub(r"\s+", " ", everything)
    for title, short in wording().short.items():
        assert length(short) <= LONGEST_BUTTON < length(title)
        assert title in everything, title
    assert len(set(wording().short.values())) >= len(wording().short) - 1
    assert not any("toestemming" in title for title in wording().short)


def test_words_that_are_too_long_are_told_to_the_editor(tmp_path):
    path = tmp_path / "outbound.yml"
    path.write_text("list_button: Dit is een knop die niet past\nsection: x\n")

    with pytest.raises(ContentError, match="list_button: te lang"):
        load_wording(path)


def test_a_word_that_is_not_filled_in_is_told_to_the_editor(tmp_path):
    path = tmp_path / "outbound.yml"
    path.write_text(
        (DATA / "whatsapp" / "outbound.yml").read_text().replace("{pages}", "{paginas}")
    )

    with pytest.raises(ContentError, match="more: alleen"):
        load_wording(path)
