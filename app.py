"""AskFirst's composition root: settings -> knowledge base -> bot -> adapters. `python app.py --help`."""

from __future__ import annotations

import asyncio
import sys

from bot.cli import main
from bot.core import Bot
from bot.organisation import load_organisation
from bot.settings import Settings


def serve_web(bot: Bot, settings: Settings) -> None:
    """Open the local web chat and stay until interrupted."""
    from adapters.web.app import serve

    def announce(address: str) -> None:
        print(f"AskFirst is open at {address} (Ctrl+C closes it)", flush=True)

    asyncio.run(serve(bot, load_organisation(settings.organisation), settings.port, announce))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], serve_web))
