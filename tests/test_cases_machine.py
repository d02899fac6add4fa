"""Random lives of a case against a plain model, over each engine: no illegal step, no self-approval, a whole chain.

60 lives of 50 steps by default; ASKFIRST_LONG=1 plays the 2,000 that CI asks for, shared out among the processors.
Database and knowledge base are made once; each life is a case of its own among the same people.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.casework.engines import driver
from tests.casework.life_around import WholeLife
from tests.store.cluster import NoPostgresql, required, server

LIVES, STEPS = (2_000 if os.environ.get("ASKFIRST_LONG") else 60), 50


def play(address: str, lives: int) -> None:
    """So many lives over one database."""
    with driver(address) as made:
        run_state_machine_as_test(
            lambda: WholeLife(made),  # type: ignore[arg-type]  # anything that makes one will do
            settings=settings(
                max_examples=lives,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def addresses(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A database for each player: one, or in the long run one for each processor."""
    players = (os.cpu_count() or 1) if os.environ.get("ASKFIRST_LONG") else 1
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            yield [""] * players
            return
        try:
            made = stack.enter_context(server())
        except NoPostgresql as reason:
            (pytest.fail if required() else pytest.skip)(str(reason))
        yield [stack.enter_context(made.database()) for _ in range(players)]


def test_random_lives_of_a_case(addresses: list[str]) -> None:
    share = -(-LIVES // len(addresses))
    if len(addresses) == 1:
        play(addresses[0], share)
        return
    with ProcessPoolExecutor(len(addresses)) as pool:
        for done in [pool.submit(play, address, share) for address in addresses]:
            done.result()
