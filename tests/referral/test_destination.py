"""Where a request goes, reasoned by hand from what someone needs; and mistakes in the rules."""

import functools
import itertools

import pytest
from ruamel.yaml import YAML

from bot.catalogue.model import Provider, Service, ServiceFacet
from bot.content import DATA, ContentError, read_yaml
from bot.flows.content import RATHER_NOT
from bot.referral import destination
from bot.referral.destination import DESTINATIONS, LOCAL_KINDS, choose, read_destinations
from bot.referral.intake import read_intake
from bot.taxonomy import taxonomy

GEMEENTEN = ["Voorbeeldstad", "Voorbeelddorp", "Assen", "Hengelo", "Rotterdam", "Lelystad"]
GEMEENTEN += ["Den Haag", "Utrecht", "Delft", "Tilburg", "Zoetermeer", "Almere"]
SITUATIONS = [
    *(o.value for o in read_intake().step("situatie").options if o != RATHER_NOT),
    None,
]
SUBJECTS = [*(s.value for s in read_destinations().subjects), None]

# Short names; V is Voorbeeldstad (much of its own), D is Voorbeelddorp (small, with a region).
V_START, V_RULES = "voorbeeldstad-ondernemersloket", "voorbeeldstad-bedrijvenloket"
V_PART_TIME, V_BBZ = "voorbeeldstad-parttime-ondernemen", "voorbeeldstad-bbz"
V_DEBT = "voorbeeldstad-schuldhulp"
D_HALL, D_DEBT = "voorbeelddorp-gemeentehuis", "voorbeelddorp-geldzorgen"
D_PART_TIME, D_BBZ = "voorbeelddorp-parttime-ondernemen", "voorbeelddorp-regioloket-bbz"
FLEVOLAND = "zelfstandigenloket-flevoland"
BENEFIT, DEBT = "gemeente-werk-en-inkomen", "gemeente-schuldhulp"
BUSINESS, REGION = "gemeente-bedrijvenloket", "regionaal-bureau-zelfstandigen"
KVK, KVK_STOP, TAX = "kvk-adviesteam", "kvk-stoppen", "belastingdienst-starters"
UWV_WW, UWV_WIA, MONEY = "uwv-startperiode-ww", "uwv-starten-met-wia-wajong", "geldfit-zakelijk"

ROWS = [
    # Starters go to the desk for starters of their own gemeente, or to the general one.
    ("Voorbeeldstad", "loondienst", "beginnen", V_START, V_RULES, True),
    ("Voorbeelddorp", "loondienst", "beginnen", D_HALL, KVK, True),
    ("Utrecht", "loondienst", "beginnen", BUSINESS, KVK, False),
    # With bijstand: first whoever decides about it. A plan that is not told there costs money.
    ("Voorbeeldstad", "bijstand", "beginnen", V_PART_TIME, V_START, True),
    ("Voorbeeldstad", "bijstand", "inkomen", V_PART_TIME, V_START, True),
    ("Voorbeelddorp", "bijstand", "beginnen", D_PART_TIME, BENEFIT, True),
    ("Lelystad", "bijstand", "beginnen", FLEVOLAND, BENEFIT, True),
    ("Utrecht", "bijstand", "inkomen", BENEFIT, REGION, False),
    # ... also if they skipped the subject, but a permit is a matter of the permit desk.
    ("Voorbeeldstad", "bijstand", None, V_PART_TIME, V_START, True),
    ("Delft", "bijstand", None, BENEFIT, REGION, False),
    ("Voorbeeldstad", "bijstand", "regels", V_RULES, V_START, True),
    ("Lelystad", "bijstand", "regels", BUSINESS, KVK, False),
    # WW and WIA are of UWV: no gemeente decides about them. Permission comes before the start.
    ("Voorbeeldstad", "ww", "inkomen", UWV_WW, V_START, False),
    ("Assen", "ww", "inkomen", UWV_WW, REGION, False),
    ("Voorbeeldstad", "ww", "beginnen", V_START, UWV_WW, True),
    ("Voorbeelddorp", "ww", "beginnen", UWV_WW, KVK, False),
    ("Rotterdam", "ww", "beginnen", UWV_WW, KVK, False),
    ("Voorbeeldstad", "arbeidsongeschikt", "inkomen", UWV_WIA, V_START, False),
    ("Utrecht", "arbeidsongeschikt", "inkomen", UWV_WIA, BENEFIT, False),
    ("Utrecht", "arbeidsongeschikt", "beginnen", UWV_WIA, KVK, False),
    # Without any income, a start begins with what to live on.
    ("Voorbeeldstad", "geen_inkomen", "beginnen", V_BBZ, V_START, True),
    ("Voorbeelddorp", "geen_inkomen", "beginnen", D_BBZ, BENEFIT, True),
    ("Den Haag", "geen_inkomen", "beginnen", BENEFIT, REGION, False),
    # Bbz is for who has a business and too little income; a job is no reason for Bbz.
    ("Voorbeeldstad", "zzp", "inkomen", V_BBZ, V_START, True),
    ("Voorbeelddorp", "zzp", "inkomen", D_BBZ, BENEFIT, True),
    ("Lelystad", "ondernemer_personeel", "inkomen", FLEVOLAND, BENEFIT, True),
    ("Utrecht", "zzp", "inkomen", REGION, BENEFIT, False),
    ("Voorbeeldstad", "loondienst", "inkomen", V_START, BENEFIT, True),
    # Who has debts needs debt help, whatever else they have. A national line is anonymous and free.
    ("Voorbeeldstad", "zzp", "geldzorgen", V_DEBT, V_START, True),
    ("Voorbeeldstad", "bijstand", "geldzorgen", V_DEBT, V_START, True),
    ("Voorbeelddorp", "zzp", "geldzorgen", D_DEBT, D_BBZ, True),
    ("Voorbeelddorp", "loondienst", "geldzorgen", D_DEBT, D_BBZ, True),
    ("Lelystad", "ondernemer_personeel", "geldzorgen", FLEVOLAND, DEBT, True),
    ("Lelystad", None, "geldzorgen", FLEVOLAND, DEBT, True),
    ("Utrecht", "zzp", "geldzorgen", DEBT, MONEY, False),
    # A permit, a shop or a street: the gemeente, not an office for income.
    ("Voorbeeldstad", "zzp", "regels", V_RULES, V_START, True),
    ("Voorbeelddorp", "ondernemer_personeel", "regels", D_HALL, KVK, True),
    ("Lelystad", "zzp", "regels", BUSINESS, KVK, False),
    ("Utrecht", None, "regels", BUSINESS, KVK, False),
    # Tax and insurance: no gemeente decides. Where there is a desk that explains, that comes first.
    ("Voorbeeldstad", "zzp", "administratie", V_START, KVK, True),
    ("Voorbeelddorp", "zzp", "administratie", KVK, TAX, False),
    ("Delft", "ondernemer_personeel", "administratie", KVK, TAX, False),
    # Growing is no matter for an office for Bbz.
    ("Voorbeeldstad", "ondernemer_personeel", "groeien", V_START, V_RULES, True),
    ("Voorbeelddorp", "zzp", "groeien", D_HALL, KVK, True),
    ("Lelystad", "zzp", "groeien", BUSINESS, KVK, False),
    # Stopping: someone who looks along before it is too late, then income or the register.
    ("Voorbeeldstad", "zzp", "stoppen", V_START, V_BBZ, True),
    ("Voorbeelddorp", "zzp", "stoppen", D_BBZ, KVK_STOP, True),
    ("Lelystad", "ondernemer_personeel", "stoppen", FLEVOLAND, KVK_STOP, True),
    ("Utrecht", "zzp", "stoppen", REGION, KVK_STOP, False),
    # What perhaps does not exist any more is no place to send people to.
    ("Assen", "loondienst", "beginnen", BUSINESS, KVK, False),
    ("Assen", "bijstand", "beginnen", BENEFIT, REGION, False),
    ("Hengelo", "geen_inkomen", "inkomen", REGION, BENEFIT, False),
    ("Rotterdam", "zzp", "geldzorgen", DEBT, MONEY, False),
    ("Den Haag", "bijstand", "inkomen", BENEFIT, REGION, False),
    # YES!Delft is for technical startups that pass a selection, not for people in general.
    ("Delft", "loondienst", "beginnen", BUSINESS, KVK, False),
    # Something else, or nothing said at all.
    ("Voorbeeldstad", "zzp", "anders", V_START, V_RULES, True),
    ("Utrecht", "ww", "anders", UWV_WW, KVK, False),
    ("Voorbeelddorp", None, None, D_HALL, KVK, True),
    ("Utrecht", None, None, BUSINESS, KVK, False),
]


def chosen(database, gemeente, situation=None, subject=None):
    answers = {"gemeente": gemeente, "situatie": situation, "onderwerp": subject}
    with database.session() as session:
        found = choose(session, answers)
        return found.first.id, found.second.id, found.is_own


@pytest.mark.parametrize(
    ("gemeente", "situation", "subject", "first", "second", "is_own"),
    ROWS,
    ids=["-".join(map(str, row[:3])) for row in ROWS],
)
def test_a_request_goes_where_it_can_be_helped(
    catalogue_database, gemeente, situation, subject, first, second, is_own
):
    found = chosen(catalogue_database, gemeente, situation, subject)

    assert found == (first, second, is_own)


def test_the_rows_are_of_every_subject_situation_and_named_gemeente():
    assert len(ROWS) >= 40
    assert {row[1] for row in ROWS} == set(SITUATIONS)
    assert {row[2] for row in ROWS} == set(SUBJECTS)
    assert {row[0] for row in ROWS} >= set(GEMEENTEN[:9])


@pytest.mark.parametrize("gemeente", GEMEENTEN)
def test_whoever_asks_gets_two_places_that_exist_and_are_for_this_gemeente(
    catalogue_database, monkeypatch, gemeente
):
    with catalogue_database.session() as session:
        once = functools.lru_cache(destination.services)
        monkeypatch.setattr(destination, "services", once)
        for situation, subject in itertools.product(SITUATIONS, SUBJECTS):
            answers = {"gemeente": gemeente, "situatie": situation, "onderwerp": subject}
            found = choose(session, answers)
            assert found.first.id != found.second.id, answers
            assert found.first.provider_id != found.second.provider_id, answers
            for service in (found.first, found.second):
                assert service.status == "actueel", answers
                assert gemeente in (service.facet("gemeente") or [gemeente]), answers
            assert found.is_own is (gemeente in found.first.facet("gemeente")), answers
            if found.is_own and found.first.provider.kind in LOCAL_KINDS:
                # "The Bbz office of your region" is no second choice beside that very office.
                same_kind = found.second.provider.kind == found.first.provider.kind
                assert not same_kind or found.second.facet("gemeente"), answers
            assert found.reason, answers
        assert once.cache_info().misses == 1


@pytest.fixture
def add_desk(office):
    """Adds a desk to the catalogue."""

    def add(name, gemeenten, kind="ondernemershuis", needs=(), groups=()):
        with office.session() as session:
            like = session.get(Service, V_START)
            dates = {"reviewed_on": like.reviewed_on, "review_by": like.review_by}
            text = {"summary": "", "first_step": "", "conditions": [], "figures": [], "upl": []}
            session.add(Provider(id=name, name=name, kind=kind, gemeenten=gemeenten, **dates))
            session.flush()
            service = Service(id=name, name=name, provider_id=name, status="actueel", **text)
            service.is_desk = True
            service.reviewed_on, service.review_by = dates.values()
            facets = [("gemeente", g) for g in gemeenten] + [("need", n) for n in needs]
            facets += [("target_group", group) for group in groups]
            service.facets = [ServiceFacet(name=field, value=value) for field, value in facets]
            session.add(service)

    return add


def test_one_gemeente_comes_before_several_together(office, add_desk):
    add_desk("a-samen", ["Utrecht", "Delft"], needs=["coaching_start"])
    add_desk("b-alleen", ["Utrecht"], needs=["coaching_start"])

    assert chosen(office, "Utrecht", "zzp", "groeien") == ("b-alleen", "a-samen", True)
    assert chosen(office, "Delft", "zzp", "groeien") == ("a-samen", BUSINESS, True)


def test_a_desk_for_the_need_comes_before_one_in_general(office, add_desk):
    add_desk("a-algemeen", ["Utrecht"])
    add_desk("b-coaching", ["Utrecht"], kind="economische_zaken", needs=["coaching_plan"])
    add_desk("c-start", ["Utrecht"], kind="economische_zaken", needs=["coaching_start"])

    assert chosen(office, "Utrecht", "zzp", "groeien") == ("c-start", "b-coaching", True)


def test_a_desk_for_some_people_is_for_no_one_else_and_nothing_else(office, add_desk):
    add_desk("a-loket", ["Utrecht"], needs=["coaching_start"], groups=["zzp"])

    assert chosen(office, "Utrecht", "zzp", "groeien")[0] == "a-loket"
    assert chosen(office, "Utrecht", "loondienst", "groeien")[0] == BUSINESS
    assert chosen(office, "Utrecht", None, "groeien")[0] == BUSINESS
    assert chosen(office, "Utrecht", "zzp", "stoppen")[0] == REGION


def test_a_catalogue_without_the_general_desks_is_an_error_of_the_content(database):
    with database.session() as session, pytest.raises(ContentError) as error:
        choose(session, {"gemeente": "Utrecht", "situatie": "zzp"})

    problems = error.value.problems
    assert {problem.item for problem in problems} == {BUSINESS, KVK}
    assert {problem.field for problem in problems} == {"elsewhere"}


def test_two_services_of_one_provider_are_no_choice(catalogue_database, changed, monkeypatch):
    path = changed(lambda d: d["rules"][-1].update(elsewhere=[KVK, KVK_STOP]))
    monkeypatch.setattr(destination, "read_destinations", lambda: read_destinations(path))

    with pytest.raises(ContentError) as error:
        chosen(catalogue_database, "Utrecht", "zzp", "groeien")
    assert {problem.item for problem in error.value.problems} == {KVK, KVK_STOP}


# --- the rules as content ---


@pytest.fixture
def changed(tmp_path):
    """Writes a changed copy of the rules: give a function that changes its data."""

    def write(change):
        data = read_yaml(DESTINATIONS)
        change(data)
        path = tmp_path / "destinations.yml"
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)
        return path

    return write


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    [
        (lambda d: d["rules"][0].update(needs=["goud"]), "regel 1", "needs", "'goud' bestaat niet"),
        (lambda d: d["rules"][0].update(desks=["bakker"]), "regel 1", "desks", "'bakker'"),
        (lambda d: d["rules"][1].update(first=["weg"]), "regel 2", "first", "'weg'"),
        (lambda d: d["rules"][2]["elsewhere"].append("weg"), "regel 3", "elsewhere", "'weg'"),
        (lambda d: d["rules"][2].update(elsewhere=[KVK]), "", "rules.2.elsewhere", "leeg"),
        (lambda d: d["rules"][0].update(groups=["rijk"]), "regel 1", "groups", "'rijk'"),
        (lambda d: d["rules"][0]["when"].update(situatie=["rijk"]), "regel 1", "when", "'rijk'"),
        (lambda d: d["rules"][0]["when"].update(onderwerp=["weg"]), "regel 1", "when", "'weg'"),
        (lambda d: d["rules"][0]["when"].update(maan=["vol"]), "", "rules.0.when", "maan"),
        (lambda d: d["rules"][0].pop("reason"), "", "rules.0", "ontbreekt: reason"),
        (lambda d: d["rules"].pop(), "laatste regel", "when", "voor iedereen"),
        (lambda d: d["subjects"][0]["intents"].append("goud"), "beginnen", "intents", "'goud'"),
        (
            lambda d: d["subjects"][1]["intents"].append("tarief"),
            "inkomen",
            "intents",
            "hoort al bij beginnen",
        ),
        (lambda d: d["subjects"].pop(), "anders", "value", "één keer"),
        (lambda d: d["subjects"].append(d["subjects"][-1]), "anders", "value", "één keer"),
    ],
)
def test_a_mistake_in_the_rules_is_named_with_its_field(changed, change, item, field, message):
    path = changed(change)

    with pytest.raises(ContentError) as error:
        read_destinations(path)

    found = [problem for problem in error.value.problems if problem.field == field]
    assert found, str(error.value)
    assert {problem.file for problem in found} == {str(path)}
    assert item in {problem.item for problem in found}
    assert any(message in problem.message for problem in found)


def test_every_topic_belongs_to_one_subject():
    """Not regelingen_overzicht: who asks what there is has not said what it is about."""
    intents = [intent for subject in read_destinations().subjects for intent in subject.intents]
    topics = {name for name, intent in taxonomy().intents.items() if intent.is_topic}

    assert sorted(intents) == sorted(topics - {"regelingen_overzicht"})


@pytest.mark.parametrize(
    ("intent", "subject"),
    [
        ("geldproblemen", "geldzorgen"),
        ("bbz", "inkomen"),
        ("bedrijf_overnemen", "beginnen"),
        ("bedrijf_overdragen", "stoppen"),
        ("btw", "administratie"),
        ("regelingen_overzicht", None),
        ("medewerker_spreken", None),
        ("bestaat_niet", None),
        (None, None),
    ],
)
def test_a_topic_tells_the_subject(intent, subject):
    assert read_destinations().subject_of(intent) == subject


def test_what_is_everywhere_is_current_of_no_gemeente_and_of_two_kinds():
    kinds = {}
    for path in (DATA / "catalogue" / "providers").glob("*.yml"):
        provider = read_yaml(path)
        kinds[provider["id"]] = provider["kind"]
    for rule in read_destinations().rules:
        named = [
            read_yaml(DATA / "catalogue" / "services" / f"{name}.yml")
            for name in (*rule.first, *rule.elsewhere)
        ]
        assert {service["status"] for service in named} == {"actueel"}
        assert not any(service["gemeenten"] for service in named)
        everywhere = named[len(rule.first) :]
        assert len({kinds[service["provider"]] for service in everywhere}) == 2, rule.reason


def test_every_situation_and_subject_can_be_chosen():
    """A rule for people whom the intake cannot tell apart would never be used."""
    for rule in read_destinations().rules:
        assert set(rule.when.get("situatie", [])) <= set(SITUATIONS)
        assert set(rule.when.get("onderwerp", [])) <= set(SUBJECTS)
