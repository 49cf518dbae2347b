"""What a message becomes: within every limit, and with nothing lost."""

import re

import pytest
from graph_peer import Refusal, check, units, words
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.whatsapp.rendering import Outgoing, form, numbered, render
from bot.whatsapp.wording import wording

ANY = st.text(st.characters(codec="utf-8"), max_size=300)
WORDS = st.sampled_from(
    [
        *(
            "ondernemen",
            "Één",
            "zzp'er",
            "KVK",
            "2026",
            "é́é́",
            "👩‍👩‍👧‍👦",
            "🇳🇱",
            "👍🏽",
            "naïef",
            "€ 50",
            "😀",
        ),
        *("**vet**", "*schuin*", "**heel *erg* vet**", "[KVK](https://kvk.nl/a_b)", "a_b_c", "5*3"),
        *("[14 0592](tel:140592)", "[mail ons](mailto:info@voorbeeld.example)", "~nee~", "`x`"),
    ]
)
SENTENCE = st.builds(
    lambda found, end: " ".join(found) + end,
    st.lists(WORDS, min_size=1, max_size=40),
    st.sampled_from([".", "?", "!", "…", ""]),
)
PARAGRAPH = st.one_of(
    st.lists(SENTENCE, min_size=1, max_size=8).map(" ".join),
    st.lists(SENTENCE, min_size=1, max_size=5).map(
        lambda found: "\n".join(f"- {s}" for s in found)
    ),
    st.lists(SENTENCE, min_size=1, max_size=5).map(
        lambda found: "\n".join(f"{n}. {s}" for n, s in enumerate(found, 1))
    ),
)
TEXT = st.lists(PARAGRAPH, min_size=1, max_size=12).map("\n\n".join)
TITLE = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=90),
    st.lists(WORDS, min_size=1, max_size=12).map(" ".join),
    st.sampled_from(["Ja", "Nee", "Praat met een adviseur", "Nee, het heeft geen haast"]),
)
CHOICES = st.lists(TITLE, max_size=34).map(
    lambda titles: [{"id": f"7-{n}", "title": title} for n, title in enumerate(titles, 1)]
)
IMAGE = st.one_of(
    st.none(),
    st.builds(
        lambda url, alt: {"url": url, "alt": alt},
        st.sampled_from(
            ["https://voorbeeld.example/p.png", "data:nee", "http://ons/r/abc.def/png"]
        ),
        TEXT,
    ),
)
RESULTS = "http://ons/r/"


def addressed(body):
    """As the client sends it; a picture of our own as it is after the upload."""
    if "result" in body.get("image", {}):
        image = {name: value for name, value in body["image"].items() if name != "result"}
        body = {**body, "image": {"id": "1", **image}}
    return {"messaging_product": "whatsapp", "to": "31600000000", **body}


def checked(message, **options):
    bodies = render(message, results=RESULTS, **options)
    for body in bodies:
        check(addressed(body), media={"1"})
    return bodies


def letters(text):
    """What is left without marks, spaces and punctuation: nothing of that may be lost."""
    return "".join(c for c in text if (c.isalnum() and c not in "ˍˋ") or ord(c) > 0xFFFF)


def expected(markdown):
    """The letters that a person has to see of a text that was made of WORDS."""
    text = re.sub(r"\[14 0592\]\(tel:140592\)", "14 0592", markdown)
    text = re.sub(r"\[([^]]*)\]\((?:mailto:)?([^)]*)\)", r"\1: \2", text)
    return letters(text)


@hypothesis_settings(max_examples=300)
@given(TEXT, CHOICES, IMAGE)
def test_any_message_is_taken_and_complete(text, choices, image):
    bodies = checked(Outgoing(text, choices, image))

    pictures = [body for body in bodies if body["type"] == "image"]
    said = letters("".join(words(body) for body in bodies))
    assert said.startswith(letters(image["alt"]) if image else "")
    assert expected(text) in said
    assert len(pictures) == (1 if image and image["url"].startswith("http") else 0)
    kind = form(choices, wording())
    shown = [*buttons(bodies), *rows(bodies)]
    if kind in ("buttons", "list"):
        assert [one["id"] for one in shown] == [choice["id"] for choice in choices]
        for choice, one in zip(choices, shown, strict=True):
            full = choice["title"].strip()
            short = wording().short.get(full)
            assert one.get("description", one["title"]) in (full, short) or not full.isprintable()
    else:
        assert shown == []
        for number, choice in enumerate(choices, 1):
            assert (
                letters(f"{number}{choice['title']}") in said or not choice["title"].isprintable()
            )
    assert numbered(choices) is (kind == "numbered")


@hypothesis_settings(max_examples=500)
@given(ANY, st.lists(ANY, max_size=12), st.one_of(st.none(), ANY))
@example("\ue000", ["\ue001"], None)
@example("x" * 3, ["a" * 24, "A" * 24], None)
def test_no_text_whatever_breaks_a_limit(text, titles, alt):
    choices = [{"id": f"1-{n}", "title": title} for n, title in enumerate(titles, 1)]
    image = None if alt is None else {"url": "https://voorbeeld.example/p.png", "alt": alt}
    checked(Outgoing(text, choices, image))


@pytest.mark.parametrize(
    "character", ["a", "é", "😀", "👩‍👩‍👧‍👦", "a ", "a. ", "a\n\n", "**b** ", "́"]
)
@pytest.mark.parametrize("amount", [1023, 1024, 1025, 4095, 4096, 4097, 9000])
def test_texts_around_the_limits_are_taken_with_and_without_choices(character, amount):
    text = character * amount
    for choices in ([], [{"id": "1-1", "title": "Ja"}]):
        bodies = checked(Outgoing(text, choices))
        wanted = text.replace("**", "*") if "*" in text else text
        said = "".join(
            body["text"]["body"] if body["type"] == "text" else body["interactive"]["body"]["text"]
            for body in bodies
        )
        assert re.sub(r"\s", "", said) == re.sub(r"\s", "", wanted)
        assert all(not words(body).startswith("\u200d") for body in bodies)


def buttons(bodies):
    found = [body["interactive"]["action"] for body in bodies if body["type"] == "interactive"]
    return [button["reply"] for action in found for button in action.get("buttons", ())]


def rows(bodies):
    found = [body["interactive"]["action"] for body in bodies if body["type"] == "interactive"]
    return [row for action in found for part in action.get("sections", ()) for row in part["rows"]]


def choices_of(*titles):
    return [{"id": f"3-{n}", "title": title} for n, title in enumerate(titles, 1)]


def test_three_short_choices_are_buttons_with_the_id_of_the_choice():
    bodies = checked(Outgoing("Ben je geholpen?", choices_of("Ja", "Een beetje", "Nee")))

    assert buttons(bodies) == [
        {"id": "3-1", "title": "Ja"},
        {"id": "3-2", "title": "Een beetje"},
        {"id": "3-3", "title": "Nee"},
    ]


def test_a_longer_title_gets_the_short_one_of_the_content():
    bodies = checked(Outgoing("Waar?", choices_of("Ja", "Praat met een adviseur")))

    assert [button["title"] for button in buttons(bodies)] == ["Ja", "Praat met adviseur"]


def test_consent_is_never_shortened():
    bodies = checked(
        Outgoing("Mag dit?", choices_of("Ja, ik geef toestemming", "Nee, geen toestemming"))
    )

    assert rows(bodies) == [
        {"id": "3-1", "title": "Ja, ik geef toestemming"},
        {"id": "3-2", "title": "Nee, geen toestemming"},
    ]


def test_a_row_that_is_too_long_has_its_full_title_below_it():
    long = "Ik wil alles weten over ondernemen naast mijn baan"
    row, other = rows(checked(Outgoing("Wat?", choices_of(long, "Iets anders"))))

    assert row["title"].endswith("…") and units(row["title"]) <= 24
    assert row["description"] == long
    assert "description" not in other


def test_rows_that_begin_alike_stay_different():
    titles = [f"Ondernemen vanuit een uitkering van soort {n}" for n in range(1, 10)]

    found = rows(checked(Outgoing("Welke?", choices_of(*titles))))

    assert len({row["title"] for row in found}) == 9
    assert [row["description"] for row in found] == titles


def test_more_than_ten_choices_are_lists_below_each_other():
    bodies = checked(Outgoing("Waarover?", choices_of(*(f"Onderwerp {n}" for n in range(23)))))

    assert len(bodies) == 3
    assert [row["id"] for row in rows(bodies)] == [f"3-{n}" for n in range(1, 24)]
    assert words(bodies[1]).startswith("Meer keuzes (2 van 3).")


def test_a_title_that_fits_nowhere_makes_a_text_with_numbers():
    long = "Ik heb een vraag die zo lang is dat zij in geen enkele rij past, hoe dan ook."
    choices = choices_of("Ja", long)
    (body,) = checked(Outgoing("Wat?", choices))

    assert numbered(choices)
    assert body["text"]["body"] == f"Wat?\n\n1. Ja\n2. {long}\n\nTyp het nummer van je keuze."


def test_a_long_text_is_cut_at_a_paragraph_and_the_choices_stand_below_the_end():
    first = "Dit is een lange uitleg over regels. " * 30
    bodies = checked(Outgoing(f"{first.strip()}\n\nWil je verder?", choices_of("Ja", "Nee")))

    assert [body["type"] for body in bodies] == ["text", "interactive"]
    assert bodies[1]["interactive"]["body"]["text"] == "Wil je verder?"


def test_our_own_picture_is_to_be_uploaded_and_its_words_are_the_caption():
    image = {"url": "http://ons/r/aaa.bbb.ccc/png", "alt": "Je profiel. " * 200}
    bodies = checked(Outgoing("Dit ben jij.", choices_of("Ja"), image))

    assert bodies[0]["image"]["result"] == "aaa.bbb.ccc"
    assert [body["type"] for body in bodies] == ["image", "text", "interactive"]
    assert units(bodies[0]["image"]["caption"]) <= 1024


def test_the_peer_itself_refuses_what_meta_refuses():
    button = {"type": "reply", "reply": {"id": "1", "title": "x" * 21}}
    body = {"type": "button", "body": {"text": "Hoi"}, "action": {"buttons": [button]}}
    with pytest.raises(Refusal):
        check(addressed({"type": "interactive", "interactive": body}))
    button["reply"]["title"] = "x" * 20
    check(addressed({"type": "interactive", "interactive": body}))
    body["action"]["buttons"] = [button, button]
    with pytest.raises(Refusal):
        check(addressed({"type": "interactive", "interactive": body}))
    with pytest.raises(Refusal):
        check(addressed({"type": "text", "text": {"body": "😀" * 2049}}))
