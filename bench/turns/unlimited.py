"""The web process without its limits a minute: one machine plays hundreds of citizens here.

`python -m bench.turns.unlimited web` is `startwijzer web`, with everything else as it is.
"""

from __future__ import annotations

from bot.cli import main
from bot.gateway import access

LIMITS = (
    "STARTS_PER_MINUTE",
    "MESSAGES_PER_MINUTE",
    "MESSAGES_PER_MINUTE_AND_ADDRESS",
    "OTHERS_PER_MINUTE",
)
UNLIMITED = 10**9


def lift() -> None:
    """Lifts every limit of the gateway that counts by the minute.

    Raises:
        AttributeError: the gateway has no limit of that name any more.
    """
    for name in LIMITS:
        getattr(access, name)
        setattr(access, name, UNLIMITED)


if __name__ == "__main__":
    lift()
    main()
