import itertools

import pytest

from bot.content import ContentError
from bot.flows import engine
from bot.flows.model import Said
from bot.referral.intake import DESKS_FOR_BUSINESS, DESKS_FOR_INCOME, facts, propose, read_intake
from bot.taxonomy import taxonomy


def proposed(database, gemeente, situation=None, phase=None):
    answers = {"gemeente": gemeente, "situatie": situation, "fase": phase}
    with database.session() as session:
        return propose(session, answers)


@pytest.mark.parametrize(
    ("gemeente", "situation", "phase", "service"),
    [
        # Its own desk for entrepreneurs.
        ("Voorbeeldstad", "loondienst", "orientatie", "voorbeeldstad-ondernemersloket"),
        ("Voorbeeldstad", "loondienst", "starten", "voorbeeldstad-ondernemersloket"),
        ("Voorbeeldstad", "zzp", "afstoten", "voorbeeldstad-ondernemersloket"),
        ("Voorbeeldstad", "zwaar_weer", "consolideren", "voorbeeldstad-ondernemersloket"),
        ("Voorbeeldstad", None, None, "voorbeeldstad-ondernemersloket"),
        # With a benefit: who can help with income, if that desk is for this benefit and phase.
        ("Voorbeeldstad", "bijstand", "orientatie", "voorbeeldstad-parttime-ondernemen"),
        ("Voorbeeldstad", "bijstand", "starten", "voorbeeldstad-parttime-ondernemen"),
        ("Voorbeeldstad", "bijstand", "afstoten", "voorbeeldstad-ondernemersloket"),
        ("Voorbeeldstad", "ww", "starten", "voorbeeldstad-ondernemersloket"),
        # A regional desk, for those groups and phases that it is for.
        ("Lelystad", "bijstand", "starten", "zelfstandigenloket-flevoland"),
        ("Urk", "zwaar_weer", "consolideren", "zelfstandigenloket-flevoland"),
        ("Almere", "zzp", "afstoten", "zelfstandigenloket-flevoland"),
        ("Lelystad", "loondienst", "orientatie", "gemeente-bedrijvenloket"),
        ("Lelystad", "bijstand", "orientatie", "gemeente-werk-en-inkomen"),
        # What may not exist any more is no place to send someone to.
        ("Assen", "loondienst", "orientatie", "gemeente-bedrijvenloket"),
        ("Assen", "bijstand", "starten", "gemeente-werk-en-inkomen"),
        ("Zwolle", "bijstand", "starten", "gemeente-werk-en-inkomen"),
        ("Rotterdam", "zwaar_weer", "consolideren", "gemeente-bedrijvenloket"),
        # Nothing of its own: the desks that every gemeente has.
        ("Utrecht", "loondienst", "orientatie", "gemeente-bedrijvenloket"),
        ("Utrecht", "zzp", "uitbreiden", "gemeente-bedrijvenloket"),
        ("Utrecht", "ondernemer_personeel", "overdracht_doorstart", "gemeente-bedrijvenloket"),
        ("Utrecht", None, None, "gemeente-bedrijvenloket"),
        ("Utrecht", "bijstand", "orientatie", "gemeente-werk-en-inkomen"),
        ("Utrecht", "geen_inkomen", None, "gemeente-werk-en-inkomen"),
        ("Utrecht", "ww", "starten", "gemeente-werk-en-inkomen"),
        ("Utrecht", "arbeidsongeschikt", "starten", "gemeente-werk-en-inkomen"),
    ],
)
def test_the_proposed_desk_fits_gemeente_situation_and_phase(
    catalogue_database, gemeente, situation, phase, service
):
    assert proposed(catalogue_database, gemeente, situation, phase).id == service


def test_a_programme_with_a_selection_is_no_desk_for_people_in_general(catalogue_database):
    """YES!Delft is for technical startups that pass a selection, not for someone with bijstand."""
    service = proposed(catalogue_database, "Delft", "bijstand", "orientatie")

    assert service.id == "gemeente-werk-en-inkomen"


def test_every_proposal_exists_now_is_here_and_is_for_this_person(catalogue_database):
    gemeenten = ["Assen", "Breda", "Delft", "Den Haag", "Lelystad", "Utrecht", "Voorbeeldstad"]
    people = itertools.product(gemeenten, [None, "bijstand", "zzp"], [None, "starten", "afstoten"])
    kinds = {*DESKS_FOR_INCOME, *DESKS_FOR_BUSINESS}
    for gemeente, situation, phase in people:
        service = proposed(catalogue_database, gemeente, situation, phase)
        assert service.status == "actueel"
        assert gemeente in (service.facet("gemeente") or [gemeente])
        assert situation in (service.facet("target_group") or [situation])
        assert service.provider.kind in kinds


def test_a_catalogue_without_the_general_desks_is_an_error_of_the_content(database):
    with database.session() as session, pytest.raises(ContentError) as error:
        propose(session, {"gemeente": "Utrecht"})

    assert {problem.item for problem in error.value.problems} == {
        "gemeente-werk-en-inkomen",
        "gemeente-bedrijvenloket",
    }


def test_the_proposal_tells_why_this_desk(catalogue_database):
    with catalogue_database.session() as session:
        own = facts(session, {"gemeente": "Voorbeeldstad"}, 180)
        other = facts(session, {"gemeente": "Utrecht"}, 90)
        unknown = facts(session, {}, 90)

    assert own["aanbieder"] == "Ondernemersloket Voorbeeldstad (fictief)"
    assert "loket voor jouw gemeente" in own["reden"]
    assert own["bewaartermijn"] == "180"
    assert "geen eigen loket van Utrecht" in other["reden"]
    assert other["bewaartermijn"] == "90"
    assert unknown["gemeente"] == "je gemeente"


@pytest.fixture
def flow(catalogue_database):
    def words(answers):
        with catalogue_database.session() as session:
            return facts(session, answers, 180)

    return read_intake(words)


def say(flow, outcome, *said):
    for one in said:
        outcome = engine.turn(flow, outcome.progress, one)
    return outcome


IN_TOWN = Said("Voorbeeldstad", "informatie_geven", entities={"gemeente": "Voorbeeldstad"})


def until_contact(flow):
    begun = engine.begin(flow, None, {})
    said = [IN_TOWN, Said("1"), Said("1"), Said("Past het bij mij?"), Said("ja"), Said("ja")]
    return say(flow, begun, *said)


def test_the_intake_names_the_desk_before_it_asks_for_consent(flow):
    begun = engine.begin(flow, None, {"gemeente": "Voorbeeldstad", "situatie": "loondienst"})
    proposal = say(flow, begun, Said("1"), Said("Past het bij mij?"))
    consent = say(flow, proposal, Said("ja"))

    assert "Ondernemersloket Voorbeeldstad" in proposal.messages[-1].text
    assert "toestemming" in consent.messages[-1].text
    assert "Ondernemersloket Voorbeeldstad" in consent.messages[-1].text
    assert "180 dagen" in consent.messages[-1].text


def test_contact_details_are_asked_after_consent_only(flow):
    asked = until_contact(flow)
    steps = [step.id for step in flow.steps]

    assert asked.messages[-1].about.step == "contact"
    assert steps.index("contact") > steps.index("toestemming")
    without = asked.progress.with_answer("toestemming", "nee")
    assert flow.open_steps(without.answers) == []


@pytest.mark.parametrize("refusal", ["nee", "niet akkoord", "Nee, geen toestemming", "2"])
def test_who_refuses_is_not_asked_for_contact_details(flow, refusal):
    begun = engine.begin(flow, None, {})
    said = [IN_TOWN, Said("1"), Said("1"), Said("Past het bij mij?"), Said("ja"), Said(refusal)]

    assert say(flow, begun, *said).ended == "done"


def test_consent_for_one_desk_is_no_consent_for_another(flow):
    """Who corrects the situation after consent gets another proposal: that must be asked anew."""
    asked = until_contact(flow)

    corrected = say(flow, asked, Said("Ik heb bijstand", answer="situatie:bijstand"))

    assert (
        flow.facts(asked.progress.answers)["aanbieder"]
        != (flow.facts(corrected.progress.answers)["aanbieder"])
    )
    open_steps = [step.id for step in flow.open_steps(corrected.progress.answers)]
    assert "toestemming" in open_steps or "voorstel" in open_steps


def test_the_situations_of_the_intake_are_known_to_the_desks():
    assert set(taxonomy().providers) >= {*DESKS_FOR_INCOME, *DESKS_FOR_BUSINESS}
