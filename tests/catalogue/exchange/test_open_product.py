"""Product types of Open Product: what becomes a draft, and what is refused."""

import json

import pytest

from bot.catalogue.exchange import open_product
from bot.catalogue.exchange.feed import MOST_BYTES, FeedError

UPL = "http://standaarden.overheid.nl/owms/terms/"


def test_a_product_type_becomes_a_draft(drafts, page, product_type):
    item = product_type(
        naam="Standplaats <b>huren</b>",
        samenvatting="Verkoop je op straat?\nHuur dan een plek.\u202e",
        uniforme_product_naam="Evenementenvergunning",
        links=[{"naam": "Meer", "url": "https://www.aalsmeer.example/standplaats"}],
        organisaties=[{"uuid": "1", "naam": "Loket Markten", "code": "LM"}],
        prijzen=[
            {"actief_vanaf": "2024-01-01", "prijsopties": [option("40.00", "per dag")]},
            {
                "actief_vanaf": "2026-01-01",
                "prijsopties": [option("50.99", "per dag"), option("10", "per uur")],
            },
            {"actief_vanaf": "2027-01-01", "prijsopties": [option("60.00", "per dag")]},
        ],
    )

    summary = drafts.import_open_product(page(item))

    assert str(summary).startswith("1 product gelezen, 1 concept gemaakt.")
    draft = drafts.one()
    about = draft.pop("draft")
    assert draft == {
        "id": "aalsmeer-standplaats-huren",
        "name": "Standplaats huren",
        "status": "actueel",
        "gemeenten": ["Aalsmeer"],
        "summary": "Verkoop je op straat? Huur dan een plek.",
        "figures": [
            {"label": "per dag", "value": "€ 50,99", "year": 2026, "source": "Open Product"},
            {"label": "per uur", "value": "€ 10", "year": 2026, "source": "Open Product"},
        ],
        "url": "https://www.aalsmeer.example/standplaats",
        "upl": [{"name": "evenementenvergunning", "uri": f"{UPL}evenementenvergunning"}],
        "sources": [
            {
                "title": "Open Product, gemeente Aalsmeer",
                "date": "2026-08-24",
                "url": "https://www.aalsmeer.example/standplaats",
            }
        ],
    }
    assert (about["source"], about["product"]) == ("open-product", "PT-1")
    assert about["keywords"] == ["auto"]
    assert about["notes"] == ["Organisatie: Loket Markten."]


def option(amount, label):
    return {"uuid": "1", "bedrag": amount, "beschrijving": label}


def test_one_product_type_is_read_as_a_list_is(drafts, product_type):
    assert drafts.import_open_product(json.dumps(product_type()).encode()).added == 1


def test_what_is_not_for_businesses_or_not_published_is_counted(drafts, page, product_type):
    items = [
        product_type(1),
        product_type(2, doelgroep="burgers", uniforme_product_naam="aanleunwoning"),
        product_type(3, doelgroep="burgers", uniforme_product_naam="evenementenvergunning"),
        product_type(4, gepubliceerd=False),
        product_type(5, doelgroep="interne_organisatie", uniforme_product_naam=None),
        product_type(6, doelgroep="burgers", uniforme_product_naam="bestaat niet"),
    ]

    text = str(drafts.import_open_product(page(*items)))

    assert list(drafts.read()) == ["aalsmeer-vergunning-1", "aalsmeer-vergunning-3"]
    assert "6 producten gelezen, 2 concepten gemaakt." in text
    assert "3 producten overgeslagen: niet voor ondernemers." in text
    assert "1 product overgeslagen: niet gepubliceerd." in text


def test_a_page_of_a_longer_list_is_noticed(drafts, page, product_type):
    whole = str(drafts.import_open_product(page(product_type())))
    part = str(drafts.import_open_product(page(product_type(), next="https://x.example/?page=2")))

    assert "één pagina" not in whole
    assert "één pagina van een langere lijst" in part


def test_a_uniform_name_and_a_summary_may_be_missing(drafts, page, product_type):
    item = product_type(samenvatting="", uniforme_product_naam=None)

    drafts.import_open_product(page(item, product_type(2, uniforme_product_naam="nieuw woord")))

    first, second = drafts.read().values()
    assert "summary" not in first
    assert any(line.startswith("summary: ") for line in first["draft"]["todo"])
    assert "upl" not in second
    assert second["draft"]["notes"] == [
        "Deze uniforme productnaam staat niet in de lijst: nieuw woord."
    ]


@pytest.fixture
def refused(drafts):
    drafts.fill()

    def refuse(data):
        before = drafts.everything()
        with pytest.raises(FeedError) as error:
            drafts.import_open_product(data if isinstance(data, bytes) else data.encode())
        assert drafts.everything() == before
        return error.value.problems

    return refuse


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "leeg"),
        (b"\xff{}", "geen geldige UTF-8 (regel 1, byte 1)"),
        ("{}".encode("utf-16-le"), "nultekens"),
        (b"{", "geen geldige JSON (regel 1, positie 2)"),
        (b'{"results": [', "geen geldige JSON"),
        (b'{"results": [{"a": NaN}]}', "NaN is geen getal"),
        (b'{"results": [{"a": -Infinity}]}', "-Infinity is geen getal"),
        (b'{"results": [' + b"1" * 5000 + b"]}", "een getal is te lang"),
        (b"[" * 200_000, "te diep in elkaar"),
        (b'{"a":' * 200_000, "te diep in elkaar"),
        (b'{"results": [' + b"[" * 200_000 + b"]" * 200_000 + b"]}", "te diep in elkaar"),
        (b"[]", "geen antwoord van de Producttypen API"),
        (b"null", "geen antwoord van de Producttypen API"),
        (b'"tekst"', "geen antwoord van de Producttypen API"),
        (b'{"detail": "Not found."}', "geen antwoord van de Producttypen API"),
        (b'{"results": {}}', "`results` moet een lijst"),
        (b'{"results": null}', "`results` moet een lijst"),
        (b'{"results": []}', "geen enkel producttype"),
        (b'{"results": [' + b"0," * 2_000_001 + b"0]}", "meer dan 2.000.000 waarden"),
        (b'{"results": [' + b"0," * 100_000 + b"0]}", "meer dan 100.000 producttypen"),
        (b" " * (MOST_BYTES + 1), "te groot: 20.0 MB, hoogstens 20 MB"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(refused, data, message):
    (problem,) = refused(data)

    assert message in problem.message
    assert problem.item == ""


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        *(
            ({name: None}, "", f"verplicht veld ontbreekt: {name}")
            for name in [
                *("uuid", "code", "naam", "samenvatting"),
                *("doelgroep", "gepubliceerd", "update_datum"),
            ]
        ),
        ({"naam": 5}, "naam", "verkeerde soort"),
        ({"naam": ["a"]}, "naam", "verkeerde soort"),
        ({"naam": ""}, "naam", "mag niet leeg zijn"),
        ({"naam": " <b></b>"}, "naam", "verplicht veld is leeg"),
        ({"naam": "\u200b"}, "naam", "verplicht veld is leeg"),
        ({"naam": "a" * 256}, "naam", "te lang: 256 tekens, hoogstens 255"),
        ({"samenvatting": {}}, "samenvatting", "verkeerde soort"),
        ({"samenvatting": "a" * 100_001}, "samenvatting", "te lang"),
        ({"code": True}, "code", "verkeerde soort"),
        ({"gepubliceerd": "ja"}, "gepubliceerd", "verkeerde soort"),
        ({"gepubliceerd": 1}, "gepubliceerd", "verkeerde soort"),
        ({"update_datum": "gisteren"}, "update_datum", "geen datum"),
        ({"uniforme_product_naam": 3}, "uniforme_product_naam", "verkeerde soort"),
        ({"keywords": "auto"}, "keywords", "verkeerde soort"),
        ({"links": {}}, "links", "verkeerde soort"),
        ({"links": [5]}, "links.0", "verkeerde soort"),
        ({"links": [{"naam": "x"}]}, "links.0", "verplicht veld ontbreekt: url"),
        (
            {"links": [{"naam": "x", "url": "javascript:alert(1)"}]},
            "links.0.url",
            "https:// of http://",
        ),
        ({"organisaties": [{"naam": []}]}, "organisaties.0.naam", "verkeerde soort"),
        ({"prijzen": [{"actief_vanaf": "ooit"}]}, "prijzen.0.actief_vanaf", "niet de goede vorm"),
        (
            {
                "prijzen": [
                    {"actief_vanaf": "2026-01-01", "prijsopties": [option("veel", "per dag")]}
                ]
            },
            "prijzen.0.prijsopties.0.bedrag",
            "niet de goede vorm",
        ),
        ({"uuid": "497f6eca-6276-4993-bfeb-53cbbbba0001"}, "uuid", "staat ook bij product 1"),
        ({"code": "PT-1"}, "code", "'PT-1' staat ook bij product 1"),
    ],
)
def test_a_field_that_is_wrong_is_named(refused, page, product_type, changes, field, message):
    items = [product_type(1), product_type(2, **changes), product_type(3)]

    (problem,) = refused(page(*items))

    assert (problem.item, problem.field) == ("product 2", field)
    assert message in problem.message


def test_a_duplicate_is_found_among_what_is_not_published(refused, page, product_type):
    items = [product_type(1, gepubliceerd=False), product_type(2, code="PT-1")]

    assert [p.field for p in refused(page(*items))] == ["code"]


@pytest.mark.parametrize("item", [5, "tekst", None, [], True])
def test_an_item_that_is_no_object_is_named(refused, page, product_type, item):
    (problem,) = refused(page(product_type(), item))

    assert problem.item == "product 2"
    assert "verkeerde soort" in problem.message


def test_a_message_does_not_repeat_what_is_endless(refused, page, product_type):
    (problem,) = refused(page(product_type(naam=["x" * 1_000_000])))

    assert len(problem.message) < 400


def test_a_text_with_half_a_character_is_cleaned(drafts, page, product_type):
    drafts.import_open_product(page(product_type(naam="Half \ud83d teken\u0000")))

    assert drafts.one()["name"] == "Half teken"


def test_deep_values_in_a_field_are_refused_where_they_are_read(refused, page, product_type):
    """As deep as the parser still reads, which is more than the checks can show."""
    deep = value = []
    for _ in range(400):
        value.append([])
        value = value[0]

    problems = refused(page(product_type(naam=deep)))

    assert problems[0].item == "product 1"
    assert open_product.MOST_VALUES == 2_000_000
