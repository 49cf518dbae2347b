"""The forms that look for help: the referral, and which schemes may fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker

from actions.adapter import database, known, memory, settings
from actions.forms import FlowForm, texts
from bot.assessment import results
from bot.catalogue.answering import answer, own_service
from bot.catalogue.model import Service
from bot.conversations.messages import Message
from bot.flows.model import Answers, Flow, Progress
from bot.referral import closing
from bot.referral.destination import read_destinations
from bot.referral.file import Referrals
from bot.referral.intake import SUBJECT, begin, facts, read_intake
from bot.schemes import content as schemes
from bot.schemes import conversation as schemes_talk
from bot.schemes.model import Scheme
from bot.schemes.situation import from_slots


class ValidateDoorverwijzingForm(FlowForm):
    """The intake of a referral."""

    id = "doorverwijzing"

    def flow(self, tracker: Tracker) -> Flow:
        """Its questions, with the proposed service filled in."""

        def words(answers: Answers) -> Any:
            with database().session() as session:
                made = results.newest(session, tracker.sender_id)
                return facts(session, answers, made, settings().retention_days_referral)

        return read_intake(words)

    def known(self, tracker: Tracker) -> Mapping[str, str]:
        """What the conversation was about says what the request is about."""
        subject = read_destinations().subject_of(memory(tracker)["last"])
        return {**texts(tracker), **({SUBJECT: subject} if subject else {})}

    def fresh(self, tracker: Tracker) -> Progress | None:
        """A new intake knows which results could go along."""
        with database().session() as session:
            return begin(results.newest(session, tracker.sender_id))

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """Stores the request, or gives the contact details of the desk to who refuses."""
        referrals = Referrals(settings().secret_key, settings().secret_key_old)
        with database().session() as session:
            made = results.newest(session, tracker.sender_id)
            return closing.close(
                session, referrals, tracker.sender_id, self.flow(tracker), progress, made
            )


class ValidateRegelingenForm(FlowForm):
    """Which schemes may fit someone."""

    id = schemes_talk.FLOW

    def flow(self, tracker: Tracker) -> Flow:
        """The questions that settle most, after what there is for someone in this situation."""
        flow = schemes_talk.flow(schemes.read())
        if self.is_asking(tracker):  # the introduction was told
            return flow
        with database().session() as session:
            found = answer(session, flow.intent, known(tracker))
        text = found.text if found else ""
        return replace(flow, intro=f"{text}\n\n{flow.intro}".strip())

    def known(self, tracker: Tracker) -> Mapping[str, str]:
        """What the situation, phase and gemeente of the person say about the facts."""
        return from_slots(schemes.read(), texts(tracker))

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """What may fit, with reasons and the first step."""
        person = replace(known(tracker), gemeente=progress.answers.get("gemeente"))
        with database().session() as session:

            def local(scheme: Scheme) -> Service | None:
                return own_service(session, scheme.need, person) if scheme.need else None

            return schemes_talk.result(schemes.read(), progress.answers, local)
