"""AskFirst's composition root: settings -> knowledge base -> store -> office -> adapters. `python app.py --help`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from bot.anchors import keep_anchored
from bot.casework import CaseOffice
from bot.cli import main
from bot.core import Bot
from bot.errors import BadInput
from bot.organisation_file import load_organisation
from bot.passwords import Passwords
from bot.sealing import Keyring
from bot.settings import Settings
from bot.store.engine import Store, open_store, opened
from bot.worker import Nowhere, Worker


def now() -> datetime:
    """The clock of everything below."""
    return datetime.now(UTC)


def serve_web(bot: Bot, settings: Settings) -> None:
    """Open the pages and stay until interrupted."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadInput(f"ASKFIRST_DATA: {settings.data} cannot be made ({error.strerror}); choose a folder") from error
    keyring = Keyring.open(settings.key_file)
    with opened(open_store(settings.data, settings.database)) as store:
        asyncio.run(_serve(bot, settings, store, keyring))


async def _serve(bot: Bot, settings: Settings, store: Store, keyring: Keyring) -> None:
    from adapters.web.app import Frame, serve
    from adapters.web.signin import ByPassword, ByProxy, Demonstration, Way, proxy_secret

    def announce(address: str) -> None:
        print(f"AskFirst is open at {address} (Ctrl+C closes it)", flush=True)

    way: Way = Demonstration()
    if settings.passwords:
        way = ByPassword(Passwords.open(settings.passwords))
    elif settings.proxy_secret_file:
        way = ByProxy(settings.proxy_header, proxy_secret(settings.proxy_secret_file))
    frame = Frame(settings.port, way, now, settings.address, settings.public_url)
    organisation = load_organisation(settings.organisation)
    office = CaseOffice(store, keyring, bot.ready.knowledge)
    await office.adopt(organisation, now())
    running = [
        asyncio.create_task(serve(bot, office, organisation, frame, announce)),
        asyncio.create_task(Worker(office, Nowhere(), now).run()),
        asyncio.create_task(keep_anchored(office, now)),
    ]
    try:
        # None goes on alone: pages without a worker would promise reminders that nobody sends.
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], serve_web))
