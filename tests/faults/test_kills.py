"""kill -9 of each process in the middle of turns: nothing is lost, nothing is doubled."""

from running import TURNS

from bench.load.faults import kills, talk_through


def test_kill_9_of_each_process_loses_and_doubles_nothing(site):
    site.keeper.restarts.clear()
    outcome = talk_through(
        site.product, site.keeper, 8, TURNS, kills(site.keeper, every=3, seconds=TURNS / 8)
    )

    print(outcome.counted, f"{outcome.seconds:.0f} s", site.keeper.restarts)
    assert set(site.keeper.restarts) == set(site.keeper.names)
    assert outcome.counted.sent >= TURNS
    assert outcome.counted.is_clean, outcome.counted
    assert outcome.counted.refused == 0
    assert outcome.counted.answered == outcome.counted.logged == outcome.counted.sent
    assert outcome.crowd.errors == []
