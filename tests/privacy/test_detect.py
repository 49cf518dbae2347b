import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import DATA, read_yaml
from bot.privacy import numbers
from bot.privacy.cues import cues
from bot.privacy.detail import gemeenten, texts, vocabulary, words
from bot.privacy.detect import TOKEN, find_details, mask, warm_up


def found(text):
    return [(detail.kind, text[detail.start : detail.end]) for detail in find_details(text)]


def values(text):
    return [detail.value for detail in find_details(text)]


@pytest.mark.parametrize(
    "spelling",
    [
        "0612345678",
        "06-12345678",
        "06 - 12345678",
        "06 – 12345678",
        "06 12345678",
        "06 12 34 56 78",
        "06-12 34 56 78",
        "06.12.34.56.78",
        "06 1234 5678",
        "06/12345678",
        "(06) 12345678",
        "+31612345678",
        "+31 6 12345678",
        "+31 (0)6 12345678",
        "0031612345678",
        "0031 6 12 34 56 78",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "bel me op {} graag", "mijn nummer is {}.", "tel:{}!"])
def test_a_dutch_mobile_number_is_found_in_every_spelling(sentence, spelling):
    text = sentence.format(spelling)

    assert found(text) == [("telefoon", spelling)]
    assert values(text) == ["+31612345678"]


@pytest.mark.parametrize("spelling", ["31612345678", "31 6 12345678", "316-12345678"])
def test_a_mobile_number_with_its_country_code_but_no_plus_is_found(spelling):
    """As WhatsApp shows it, and as people copy it from there."""
    assert "12345678" not in mask(f"mijn nummer is {spelling}", lambda detail: "[telefoon:1]")


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        ("+31 6 12 34 56 78", "+31612345678"),
        ("+31 6 10000007", "+31610000007"),
        ("+31 (0)6 10000007", "+31610000007"),
        ("0031 6 10000007", "+31610000007"),
    ],
)
def test_a_phone_number_in_which_nine_digits_look_like_a_bsn_is_a_phone_number(spelling, value):
    """One in eleven numbers holds nine digits that pass the eleven test."""
    assert [(d.kind, d.value) for d in find_details(spelling)] == [("telefoon", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("020 123 4567", "+31201234567"),
        ("0592-123456", "+31592123456"),
        ("0592 - 12 34 56", "+31592123456"),
        ("074 241 5100", "+31742415100"),
        ("+32 470 12 34 56", "+32470123456"),
        ("+49 151 23456789", "+4915123456789"),
    ],
)
def test_a_fixed_or_foreign_number_is_found(text, value):
    assert values(f"bel {text} na vijf uur") == [value]


@pytest.mark.parametrize(
    "spelling",
    ["06{}", "06-{}", "06 {}", "(06) {}", "+316{}", "+31 6 {}", "+31 (0)6 {}", "0031 6 {}"],
)
@given(digits=st.from_regex(r"[1-58][0-9]{7}", fullmatch=True))
def test_every_dutch_mobile_number_is_found(spelling, digits):
    details = find_details(f"mijn nummer is {spelling.format(digits)}.")

    assert [(detail.kind, detail.value) for detail in details] == [("telefoon", f"+316{digits}")]


@pytest.mark.parametrize(
    "address",
    [
        "jan@example.nl",
        "Jan.de-Vries+bot@sub.example.co.uk",
        "o'neill@example.nl",
        "zzp_er1@bedrijf-naam.nl",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "mail {}.", "mijn adres ({})", "<{}>, dank je"])
def test_an_email_address_is_found(sentence, address):
    assert found(sentence.format(address)) == [("email", address)]


# 111222333 and 123456782 pass the eleven test; 123456789 and 111222334 do not.
@pytest.mark.parametrize(
    "spelling", ["111222333", "111.222.333", "111 222 333", "111-222-333", "1112 22 333"]
)
@pytest.mark.parametrize("sentence", ["{}", "mijn bsn is {}.", "BSN:{}", "({})"])
def test_nine_digits_that_pass_the_eleven_test_are_a_bsn(sentence, spelling):
    text = sentence.format(spelling)

    assert found(text) == [("bsn", spelling)]
    assert values(text) == ["111222333"]


@pytest.mark.parametrize(
    "text", ["123456789", "111222334", "000000000", "1112223330", "2111222333", "11122233"]
)
def test_other_digits_are_no_bsn(text):
    assert not [kind for kind, _ in found(text) if kind == "bsn"]


@pytest.mark.parametrize(
    "spelling",
    [
        "NL91ABNA0417164300",
        "NL91 ABNA 0417 1643 00",
        "nl91 abna 0417 1643 00",
        "NL91.ABNA.0417.1643.00",
        "NL91-ABNA-0417-1643-00",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "mijn rekening is {} en dank je", "IBAN: {}."])
def test_a_bank_account_is_found_with_and_without_spaces(sentence, spelling):
    text = sentence.format(spelling)

    assert found(text) == [("iban", spelling)]
    assert values(text) == ["NL91ABNA0417164300"]


def test_a_foreign_bank_account_is_found():
    assert values("BE68 5390 0754 7034") == ["BE68539007547034"]


def test_a_bank_account_with_wrong_check_digits_is_none():
    assert found("NL92ABNA0417164300") == []


@pytest.mark.parametrize(
    "text",
    [
        "NL91ABNA0417164300 en NL20INGB0001234567",
        "NL91 ABNA 0417 1643 00, NL20 INGB 0001 2345 67",
        "van NL91 ABNA 0417 1643 00 naar NL20 INGB 0001 2345 67",
        "NL91 ABNA 0417 1643 00\nNL20 INGB 0001 2345 67",
    ],
)
def test_two_bank_accounts_in_one_message_are_both_found(text):
    assert values(text) == ["NL91ABNA0417164300", "NL20INGB0001234567"]


@pytest.mark.parametrize(
    "text",
    ["factuur ab12 betaald op NL91ABNA0417164300", "bv10 NL91 ABNA 0417 1643 00"],
)
def test_a_word_that_begins_like_a_bank_account_does_not_hide_the_real_one(text):
    assert values(text) == ["NL91ABNA0417164300"]


@pytest.mark.parametrize(
    "text",
    [
        "€ 46.656",
        "€ 1.234.567,89",
        "20.000 tot 46.656 euro",
        "in 2024, 2025 en 2026",
        "van 2024-2026",
        "op 31-12-2026 om 14:00",
        "opgericht op 1990-12-31",
        "de wet van 12 maart 1985",
        "ik wil beginnen op 1 juli 2027",
        "12345678",
        "klopt KVK 12345678 van dat bedrijf",
        "het kvk-nummer van Jansen BV is 68750110",
        "NL001234567B01 is het btw-nummer van mijn leverancier",
        "1.225 uur per jaar",
        "26 weken, 29 procent",
        "postcode 9401 AB",
        "in 2026 de 3 regels",
        "een winkel in de hoofdstraat 3x zo duur",
        "onderweg 2 uur",
        "mijn naam is niet belangrijk",
        "Met Excel kan ik goed overweg",
        "met bijstand starten",
        "Ik ben Nederlander",
        "Hoe heet die regeling",
        "mijn bedrijf heet Bakkerij Zon",
        "op 1-mei-26",
        "112",
        "bel 113",
        "113 of 0800-0113",
        "0800-2000",
        "0800 0543",
        "08008115",
        "0800 123 4567",
        "0900 0123",
        "14 0592",
        "14020",
        "Ik ben 55 en heb 2 kinderen",
        "zoek het op www.kvk.nl",
        "@voorbeeldstad",
        "",
    ],
)
def test_what_identifies_nobody_is_left_alone(text):
    assert mask(text, lambda detail: "[weg]") == text


def test_details_of_several_kinds_are_found_in_order():
    text = "Ik ben te bereiken op 06-12345678 of jan@example.nl, bsn 111222333."

    assert [kind for kind, _ in found(text)] == ["telefoon", "email", "bsn"]


@pytest.mark.parametrize("between", [" ", ", ", "; ", "\n", " en "])
@pytest.mark.parametrize(
    "first", ["jan@example.nl", "111222333", "NL91ABNA0417164300", "06-87654321"]
)
def test_a_phone_number_is_found_right_behind_another_detail(first, between):
    masked = mask(f"{first}{between}06 12345678", lambda detail: "[weg]")

    assert masked == f"[weg]{between}[weg]"


def test_a_detail_is_replaced_and_the_rest_stays():
    masked = mask("bel 06-12345678 of mail a@b.nl.", lambda detail: f"<{detail.kind}>")

    assert masked == "bel <telefoon> of mail <email>."


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("[telefoon:1]", "(telefoon 1)"),
        ("mijn nummer is [telefoon:1] ok", "mijn nummer is (telefoon 1) ok"),
        ("[bsn:12][email:3]", "(bsn 12)(email 3)"),
        ("[onzin:1]", "(onzin 1)"),
    ],
)
def test_a_token_that_a_citizen_types_is_defused(typed, expected):
    assert mask(typed, lambda detail: "[telefoon:9]") == expected


PIECES = st.sampled_from(
    ["[", "]", ":", "[telefoon:1]", "telefoon", "bsn", "1", "06-12345678", "a@b.nl", " ", "é", "\n"]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=12).map("".join))
def test_after_masking_there_are_no_tokens_but_those_of_the_vault(text):
    given_tokens = []

    def token_for(detail):
        given_tokens.append(f"[{detail.kind}:{7000 + len(given_tokens)}]")
        return given_tokens[-1]

    masked = mask(text, token_for)

    assert [match.group() for match in TOKEN.finditer(masked)] == given_tokens


@given(st.text(alphabet="0123456789 +-.()/NLabn@,\n", max_size=60))
def test_details_never_overlap_and_lie_within_the_text(text):
    end = 0
    for detail in find_details(text):
        assert end <= detail.start < detail.end <= len(text)
        assert detail.value
        end = detail.end


@given(
    before=st.text(alphabet="abc ,.?\n", max_size=20),
    after=st.text(alphabet="abc ,.?\n", max_size=20),
)
def test_a_phone_number_is_found_in_any_sentence(before, after):
    masked = mask(f"{before} 06-12345678 {after}", lambda detail: "[telefoon:1]")

    assert "12345678" not in masked


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ik heet jan jansen en wil starten", "jan jansen"),
        ("Ik heet Fatima El Idrissi, ik woon in Assen", "Fatima El Idrissi"),
        ("Hallo, met Kees van der Berg uit Assen", "Kees van der Berg"),
        ("mijn naam is Ömer Yılmaz", "Ömer Yılmaz"),
        ("MIJN NAAM IS JAN JANSEN", "JAN JANSEN"),
        ("ik ben Jan de Vries", "Jan de Vries"),
        ("mevrouw Jansen van de gemeente zei dat", "Jansen"),
        ("mijn klantmanager Petra de Wit", "Petra de Wit"),
        ("mijn man heet Samir", "Samir"),
        ("met vriendelijke groet, Piet Puk", "Piet Puk"),
    ],
)
def test_a_name_after_words_that_announce_one_is_found(text, name):
    assert found(text) == [("naam", name)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("ik ben geboren op 12-3-1985", "1985-03-12"),
        ("geboortedatum: 1-2-90", "1990-02-01"),
        ("12/03/1985", "1985-03-12"),
        ("ik ben van 3 mei '85", "1985-05-03"),
        ("geb. 1e maart 1971", "1971-03-01"),
    ],
)
def test_a_date_of_birth_is_found(text, day):
    assert [(d.kind, d.value) for d in find_details(text)] == [("geboortedatum", day)]


@pytest.mark.parametrize(
    "text",
    [
        "9401 AB 12",
        "9401ab nr 12",
        "Dorpsstraat 12",
        "van Goghlaan 3b, 9401 AB Assen",
        "op 12, 9401AB",
    ],
)
def test_an_address_is_found(text):
    assert [kind for kind, _ in found(f"ik woon {text}")] == ["adres"]


@pytest.mark.parametrize("code", numbers.SIDECODES)
def test_a_licence_plate_of_every_series_is_found(code):
    plate = code.replace("X", "G").replace("9", "7")

    assert found(f"mijn auto, {plate}, is stuk") == [("kenteken", plate)]
    assert found(f"kenteken {plate.replace('-', '').lower()}")[0][0] == "kenteken"


@pytest.mark.parametrize("text", ["mijn kvk-nummer is {}", "KVK: {}", "{} is mijn kvk nummer"])
@pytest.mark.parametrize("number", ["12345678", "1234 5678", "12.34.56.78"])
def test_a_company_number_of_the_citizen_is_found(text, number):
    assert found(text.format(number)) == [("kvk", number)]


@pytest.mark.parametrize("spelling", ["NL001234567B01", "nl 001234567 b 01", "NL001.234.567.B01"])
def test_a_vat_number_of_the_citizen_is_found(spelling):
    assert values(f"mijn btw-nummer is {spelling}") == ["NL001234567B01"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("o6 43215678", "o6 43215678"),
        ("mijn nummer is O6-43 21 56 78", "O6-43 21 56 78"),
        ("tel.0612345678", "0612345678"),
        ("bel me op 6 12345678", "6 12345678"),
        ("app naar 6-12 34 56 78", "6-12 34 56 78"),
        ("mobiel: 612345678", "612345678"),
        ("jan(at)example.nl", "jan(at)example.nl"),
        ("mail jan [at] example [dot] nl", "jan [at] example [dot] nl"),
        ("jan at example.nl", "jan at example.nl"),
        (
            "jan punt bos apenstaartje example punt nl",
            "jan punt bos apenstaartje example punt nl",
        ),
        ("jan@example,nl", "jan@example,nl"),
        ("kees83@gmail is mijn mail", "kees83@gmail"),
        ("bsnnr.111222333", "111222333"),
        ("bsn111222333", "111222333"),
        ("kvknr 12345678", "12345678"),
        ("kvk-nr.12345678", "12345678"),
        ("mijn kvknummer12345678", "12345678"),
        ("btwNL001234567B01", "NL001234567B01"),
        ("ibanNL91ABNA0417164300", "NL91ABNA0417164300"),
        ("geb.12-3-1985", "12-3-1985"),
    ],
)
def test_a_detail_is_found_in_a_careless_spelling(text, masked):
    assert [what for _, what in found(text)] == [masked]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Laan van Meerdervoort 900", "Laan van Meerdervoort 900"),
        ("ik zit laan van meerdervoort 900", "laan van meerdervoort 900"),
        ("Plein van Siena 8, mag dat", "Plein van Siena 8"),
        ("Plein 1944 nr 5 is mijn adres", "Plein 1944 nr 5"),
        ("rokin 101 is mijn huisadres", "rokin 101"),
        ("ik verhuis naar Singel 118, kan dat", "Singel 118"),
        ("ik zit op Rokin 101 met mijn zaak", "Rokin 101"),
        ("ik woon in de Poort 8", "Poort 8"),
        ("mijn zus woont op kanaalzicht 12", "kanaalzicht 12"),
        ("Markt 4, 5211 JX Den Bosch", "Markt 4, 5211 JX Den Bosch"),
        ("kerkstr. 12", "kerkstr. 12"),
    ],
)
def test_a_street_without_a_usual_end_is_found(text, address):
    assert found(text) == [("adres", address)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ik ben abdi rashid warsame uit somalie en wil starten", "abdi rashid warsame"),
        ("ik ben gebrehiwet tesfamariam uit eritrea", "gebrehiwet tesfamariam"),
        ("ik ben lwazi dlamini, bsn ben ik kwijt", "lwazi dlamini"),
        ("ik huur een ruimte van Wim op de markt", "Wim"),
        ("vraag het aan Marloes Vink", "Marloes Vink"),
        ("Wim zegt dat het kan", "Wim"),
        ("Loes Verhoeven", "Loes Verhoeven"),
        ("rekening t.n.v. K. Bosman", "K. Bosman"),
        ("mijn naam is Bakker", "Bakker"),
        ("meneer Bakker belde", "Bakker"),
        ("ondergetekende, J.P.M. van der Velde", "J.P.M. van der Velde"),
    ],
)
def test_a_name_is_found_without_ik_heet(text, name):
    assert found(text) == [("naam", name)]


@pytest.mark.parametrize(
    "text",
    [
        "ik ben pas verhuisd uit amsterdam",
        "ik ben net gevlucht uit syrie",
        "ik ben gewoon een zzper uit assen",
        "ik ben eigenlijk schilder uit breda",
        "Meneer de burgemeester moet luisteren",
        "Aux Pays-Bas je veux un magasin",
        "Restaurant Sjaak staat te koop",
        "overgemaakt aan Wim BV",
        "ik heb in Assen 2 filialen",
        "in Emmen 1 en in Assen 2 winkels",
        "ga naar Box 3 en vul in",
        "zie Artikel 31, lid 2",
        "op Maandag 12 mei",
        "ik rij in een Peugeot 208, diesel",
        "woon in een flat met 12 verdiepingen",
        "ik woon in Assen 3 jaar",
        "weg naar huis 3 keer",
        "een park van 12 huizen",
        "bel 6 keer",
        "mijn dossiernummer is 612345678",
        "10 @ 5.50 euro",
        "business at home",
        "ik at bij de buren",
    ],
)
def test_what_only_looks_like_a_name_or_an_address_is_left_alone(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("bsn 111\u200b222\u200b333 ok", "bsn <bsn> ok"),
        ("bsn \u202e111222333\u202c", "bsn \u202e<bsn>"),
        ("bel \uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "bel <telefoon>"),
        ("bel \u0660\u0666\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668!", "bel <telefoon>!"),
        ("rekening  NL91   ABNA\t0417\u00a01643  00  dus", "rekening  <iban>  dus"),
        ("bsn 111\u2013222\u2013333", "bsn <bsn>"),
        ("ik heet Zoe\u0308   Bakker, dag", "ik heet <naam>, dag"),
        ("\U0001f60a ik heet Zoë, 06\u200d12345678", "\U0001f60a ik heet <naam>, <telefoon>"),
        ("mijn\r\nnummer:  06-12345678\r\n\r\ndag", "mijn\r\nnummer:  <telefoon>\r\n\r\ndag"),
    ],
)
def test_odd_characters_hide_nothing_and_stay_where_they_are(text, masked):
    assert mask(text, lambda detail: f"<{detail.kind}>") == masked


@given(st.text(alphabet="06-12345678 \t\n\u200b\u0308\u0661eé", max_size=40))
def test_what_is_not_masked_is_not_changed(text):
    pieces, position = [], 0
    for detail in find_details(text):
        assert position <= detail.start < detail.end <= len(text)
        pieces.append(text[position : detail.start])
        position = detail.end

    assert mask(text, lambda detail: "") == "".join([*pieces, text[position:]])


@pytest.mark.parametrize(
    "sentence",
    [
        "{}",
        "ik woon in {}",
        "Ik kom uit {} en wil starten",
        "gemeente {}",
        "ik wil contact met {}",
        "is er een loket bij {} of niet",
        "ik ben van {}",
        "ik verhuis naar {}, wat nu",
    ],
)
def test_a_gemeente_is_no_name_and_no_address(sentence):
    texts = [sentence.format(name.title()) for name in sorted(gemeenten())]

    assert [text for text in texts if found(text)] == []


def strings(data):
    if isinstance(data, dict):
        data = list(data.values())
    return [data] if isinstance(data, str) else [
        text for item in data for text in strings(item)
    ] if isinstance(data, list) else []  # fmt: skip


def test_in_the_answers_of_the_bot_only_phone_numbers_look_like_details():
    """Those of organisations, which a number does not tell from those of people."""
    texts = [
        text for path in (DATA / "catalogue").rglob("*.yml") for text in strings(read_yaml(path))
    ]

    assert len(texts) > 1000
    assert [
        (text, found(text)) for text in texts if {kind for kind, _ in found(text)} - {"telefoon"}
    ] == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("kenteke is 64lpj7", "kenteken", "64lpj7"),
        ("kntken V 91 3 BF graag", "kenteken", "V 91 3 BF"),
        ("verblijfsdocumentnr T28104936", "document", "T28104936"),
        ("geboortedtaum 21-3-78", "geboortedatum", "21-3-78"),
        ("met vrindelijke groet Jelte", "naam", "Jelte"),
    ],
)
def test_a_word_that_announces_a_detail_may_be_mistyped(text, kind, value):
    assert [(d.kind, text[d.start : d.end]) for d in find_details(text)] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    ["0900-1234567 kost dat geld", "bereik ik kvk op 0800 2117", "open op 01-05-2027 12 uur"],
)
def test_service_numbers_and_hours_are_no_phone_numbers_of_people(text):
    assert find_details(text) == []


def test_a_mistyped_word_that_is_another_word_of_ours_stays_as_it_is():
    # "geboden" is one letter from "geboren".
    assert find_details("het geboden bedrag van 3-4-80 is te laag") == []


def test_warming_up_leaves_no_expression_to_be_made_for_the_first_message():
    once = (cues, words, texts, vocabulary)
    for cached in once:
        cached.cache_clear()

    warm_up()

    made = [cached.cache_info().misses for cached in once]
    find_details("mijn naam is Jan de Vries, bel 06-12345678")
    assert made == [1, 1, 1, 1]
    assert [cached.cache_info().misses for cached in once] == made
