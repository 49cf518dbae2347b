"""Markdown as WhatsApp writes it, and no formatting from outside."""

import pytest

from bot.whatsapp.markup import BOLD, END_BOLD, ITALIC, finish, plain, to_whatsapp
from bot.whatsapp.splitting import split


def shown(markdown):
    return "\n---\n".join(finish([to_whatsapp(markdown)]))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("Je nummer is **SW-12**.", "Je nummer is *SW-12*."),
        ("*let op*", "_let op_"),
        ("**heel *erg* vet**", "*heel* *_erg_* *vet*"),
        ("[website van KVK](https://kvk.nl/a_b)", "website van KVK: https://kvk.nl/a_b"),
        ("[https://kvk.nl](https://kvk.nl)", "https://kvk.nl"),
        ("**[KVK](https://kvk.nl)**", "*KVK*: https://kvk.nl"),
        ("[14 0592](tel:140592)", "14 0592"),
        ("[bel ons](tel:140592)", "bel ons: 140592"),
        ("[a@b.nl](mailto:a@b.nl)", "a@b.nl"),
        ("[mail ons](mailto:a@b.nl?subject=x)", "mail ons: a@b.nl"),
        ("Dit:\n\n- een\n- twee\n\nKlaar.", "Dit:\n\n- een\n- twee\n\nKlaar."),
        ("1. een\n2. twee", "1. een\n2. twee"),
        ("- een\n  - binnen\n- twee", "- een\n  - binnen\n- twee"),
        ("regel een\nregel twee", "regel een\nregel twee"),
        ("**een\ntwee**", "*een*\n*twee*"),
        ("on**begrijp**elijk", "onbegrijpelijk"),
        ("[klik](javascript:alert(1))", "[klik](javascript:alert(1))"),
        ("Bel [telefoon:1].", "Bel [telefoon:1]."),
    ],
)
def test_markdown_becomes_what_whatsapp_knows(markdown, expected):
    assert shown(markdown) == expected


@pytest.mark.parametrize(
    "text",
    ["*Jan*", "_Jan_", "~Jan~", "```Jan```", "`Jan`", "*_Jan_*", "a *b* c", "*a b*", "(*a*)"],
)
def test_a_name_from_outside_formats_nothing(text):
    for mark in "*_~`":
        assert mark not in plain(text)
    assert plain(text).translate(str.maketrans("∗ˍ∼ˋ", "*_~`")) == text


@pytest.mark.parametrize(
    "text",
    ["a_b_c", "3*4=12", "jan_de_boer@voorbeeld.example", "https://x.nl/_a_*b*", "5 * 3", "~ 5"],
)
def test_what_formats_nothing_stays_as_it_is(text):
    assert plain(text) == text


def test_a_quote_or_escaped_mark_in_the_text_formats_nothing():
    assert shown(r"\*Jan\* zegt") == "∗Jan∗ zegt"
    assert plain("> Jan") == "› Jan"


def test_bold_text_that_is_cut_stays_bold_on_both_sides():
    parts = finish(split(to_whatsapp("**Dit is vet. En dit ook.** Dit niet."), 16))

    assert parts == ["*Dit is vet.*", "*En dit ook.*", "Dit niet."]


def test_our_own_marks_from_outside_are_no_formatting():
    assert shown(f"{BOLD}Jan{END_BOLD}{ITALIC}") == "Jan"
