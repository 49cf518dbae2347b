import pytest

from bot.catalogue.hours import in_words

DAY = ["09:00-17:00"]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"ma": DAY}, "maandag 09:00 tot 17:00 uur"),
        ({"ma": DAY, "di": DAY}, "maandag en dinsdag 09:00 tot 17:00 uur"),
        (dict.fromkeys(["ma", "di", "wo"], DAY), "maandag tot en met woensdag 09:00 tot 17:00 uur"),
        ({"ma": DAY, "wo": DAY}, "maandag 09:00 tot 17:00 uur, woensdag 09:00 tot 17:00 uur"),
        (
            {"do": ["09:00-12:00", "13:00-16:30"]},
            "donderdag 09:00 tot 12:00 en 13:00 tot 16:30 uur",
        ),
        ({"zo": DAY, "za": DAY}, "zaterdag en zondag 09:00 tot 17:00 uur"),
        ({"ma": []}, ""),
    ],
)
def test_hours_in_words(hours, words):
    assert in_words(hours) == words
