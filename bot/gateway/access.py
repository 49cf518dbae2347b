"""Who may enter a conversation, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from bot.gateway.addresses import Addresses
from bot.gateway.limits import Places, RateLimit
from bot.gateway.problems import UNAUTHORISED, Problem
from bot.gateway.sessions import InvalidSession, Session, Sessions
from bot.gateway.shared_counts import SharedCounts
from bot.settings import Settings

TOO_FAST = "Dat gaat even te snel. Wacht een minuut en probeer het opnieuw."
TOO_MUCH = (
    "Er zijn vandaag al heel veel berichten gestuurd. Probeer het later opnieuw. Heb je nu hulp "
    "nodig? Bel je gemeente via 14 met daarachter het netnummer."
)
# Choices: no person types a message a second for a minute; a library or school is many people at
# one address; a browser opens at most six connections to one server.
STARTS_PER_MINUTE = 60
MESSAGES_PER_MINUTE = 60
MESSAGES_PER_MINUTE_AND_ADDRESS = 600
OTHERS_PER_MINUTE = 240
# Behind a link without a session: a class that prints its results, but nobody who tries links.
LINKS_PER_MINUTE_AND_ADDRESS = 120
# Twice MESSAGES_PER_DAY is the most in any 24 hours: all at once, and what comes back meanwhile.
DAY = 24 * 3600
KEYS = 100_000
STREAMS = 6
STREAMS_PER_ADDRESS = 500


class Access:
    """Reads tokens, and counts.

    The limits hold for each web process, until they are shared; how many streams of events are
    open always counts for each process.
    """

    def __init__(self, settings: Settings) -> None:
        self.sessions = Sessions(settings.secret_key, settings.secret_key_old)
        self._addresses = Addresses(settings.trusted_proxies)
        self._starts = RateLimit(STARTS_PER_MINUTE, 60)
        self._messages = RateLimit(MESSAGES_PER_MINUTE, 60)
        self._messages_of_address = RateLimit(MESSAGES_PER_MINUTE_AND_ADDRESS, 60)
        self._others = RateLimit(OTHERS_PER_MINUTE, 60)
        self._links_of_address = RateLimit(LINKS_PER_MINUTE_AND_ADDRESS, 60)
        self._starts_in_a_day = RateLimit(settings.conversations_per_day_and_address, DAY, KEYS)
        self._messages_in_a_day = RateLimit(settings.messages_per_day, DAY, KEYS)
        self._messages_of_address_in_a_day = RateLimit(
            settings.messages_per_day_and_address, DAY, KEYS
        )
        self._streams = Places(STREAMS)
        self._streams_of_address = Places(STREAMS_PER_ADDRESS)

    def share(self, counts: SharedCounts) -> None:
        """From now on the limits hold for all processes together that share these counts."""
        for name, limit in vars(self).items():
            if isinstance(limit, RateLimit):
                limit.share(name, counts)

    def start(self, request: web.Request) -> None:
        """Someone begins a conversation.

        Raises:
            Problem: 429.
        """
        address = self._addresses.of(request)
        self._starts.check(address, "Er zijn even te veel nieuwe gesprekken. Wacht een minuut.")
        self._starts_in_a_day.check(address, TOO_MUCH)

    def message(self, request: web.Request) -> str:
        """The conversation in which someone says something.

        Raises:
            Problem: 401, 403 or 429.
        """
        session = self._session(request)
        self._messages.check(session.conversation_id, TOO_FAST)
        address = self._addresses.of(request)
        self._messages_of_address.check(address, TOO_FAST)
        self._messages_in_a_day.check(session.conversation_id, TOO_MUCH)
        self._messages_of_address_in_a_day.check(address, TOO_MUCH)
        return session.conversation_id

    def other(self, request: web.Request) -> Session:
        """The session in which someone does something else.

        Raises:
            Problem: 401, 403 or 429.
        """
        session = self._session(request)
        self._others.check(session.conversation_id, TOO_FAST)
        return session

    def link(self, request: web.Request) -> None:
        """Someone opens what is behind a link or code; counted before it is known to be right.

        Raises:
            Problem: 429.
        """
        self._links_of_address.check(self._addresses.of(request), TOO_FAST)

    @contextmanager
    def stream(self, request: web.Request, session: Session) -> Iterator[None]:
        """Keeps a place for a stream of events until the end of the block.

        Raises:
            Problem: 429.
        """
        full = "Dit gesprek staat al te vaak open. Sluit een ander venster."
        with (
            self._streams.one(session.conversation_id, full),
            self._streams_of_address.one(self._addresses.of(request), full),
        ):
            yield

    def _session(self, request: web.Request) -> Session:
        """The session, when its token is for the conversation in the address."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(401, UNAUTHORISED)
        try:
            session = self.sessions.open(token.strip())
        except InvalidSession as error:
            raise Problem(401, UNAUTHORISED) from error
        if session.conversation_id != request.match_info["id"]:
            raise Problem(403, UNAUTHORISED)
        return session
