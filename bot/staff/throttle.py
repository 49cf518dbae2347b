"""How long to wait after failures in a row: longer each time, never for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.staff.model import LoginFailures
from bot.staff.once import insert_once

# NIST 800-63B, revision 3, 5.2.2 allows 100 failures in a row and names waits that grow, from 30
# seconds to an hour. Four wrong answers cost nothing, because people mistype; then the wait doubles
# from one second. Behind one address many colleagues work, so that has more.
FREE_ACCOUNT, FREE_ADDRESS = 5, 30
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(days=1)
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def count(session: Session, key: str, free: int, moment: datetime | None = None) -> datetime | None:
    """Counts an attempt as failed, before it is judged, so that attempts at once all count.

    Returns:
        None when it may be judged; otherwise until when to wait, and then it is not counted.
    """
    moment = moment or now()
    first = {"key": key, "failures": 0, "blocked_until": LONG_AGO, "last_at": moment}
    insert_once(session, LoginFailures, first)
    counted = session.execute(
        sa.update(LoginFailures)
        .where(LoginFailures.key == key, LoginFailures.blocked_until <= moment)
        .values(
            failures=sa.case(
                (LoginFailures.last_at <= moment - FORGET_AFTER, 1),
                else_=LoginFailures.failures + 1,
            ),
            last_at=moment,
        )
        .execution_options(synchronize_session=False)
    )
    failures, until = session.execute(
        sa.select(LoginFailures.failures, LoginFailures.blocked_until).where(
            LoginFailures.key == key
        )
    ).one()
    if counted.rowcount == 0:
        return until  # type: ignore[no-any-return]
    session.execute(
        sa.update(LoginFailures)
        .where(LoginFailures.key == key)
        .values(blocked_until=moment + wait(failures, free))
        .execution_options(synchronize_session=False)
    )
    return None


def wait(failures: int, free: int) -> timedelta:
    """How long to wait after this many failures in a row."""
    if failures < free:
        return timedelta()
    doubled = timedelta(seconds=2 ** min(failures - free, 20))
    return min(doubled, LONGEST_WAIT)


def clear(session: Session, key: str) -> None:
    """It went right: what was counted for this key is forgotten."""
    session.execute(sa.delete(LoginFailures).where(LoginFailures.key == key))


def give_back(session: Session, key: str) -> None:
    """One attempt went right: only that one is forgotten, so that an own account opens nothing."""
    session.execute(
        sa.update(LoginFailures)
        .where(LoginFailures.key == key, LoginFailures.failures > 0)
        .values(failures=LoginFailures.failures - 1, blocked_until=LONG_AGO)
        .execution_options(synchronize_session=False)
    )


def purge(session: Session, moment: datetime | None = None) -> int:
    """Removes what would start again at one anyway; how many."""
    before = (moment or now()) - FORGET_AFTER
    done = session.execute(sa.delete(LoginFailures).where(LoginFailures.last_at <= before))
    return int(done.rowcount)
