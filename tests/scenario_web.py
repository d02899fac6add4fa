"""The people of a scenario at the web pages, each in a browser of their own without scripts."""

from __future__ import annotations

import itertools
import re
from datetime import datetime
from typing import ClassVar, Self

from aiohttp.test_utils import TestServer, unused_port
from jinja2 import Environment

from adapters.web.app import Frame, make_app
from adapters.web.signin import Demonstration
from adapters.web.site import SITE
from bot.deadlines import LOCAL
from tests.scenario_format import Does
from tests.scenario_fronts import picture, procedure_of
from tests.scenario_pages import (
    Browser,
    Page,
    errors,
    filled,
    line,
    questions,
    readable,
    refusal,
    trouble,
)
from tests.scenario_world import Extra, Heard, Scene, Seen, Sent, Typed

_BUTTONS = ("approve", "decline", "ask", "say", "hand_on", "withdraw", "revise", "close")


class WebFront:
    """Everything over HTTP: sign-in, forms, desk, case pages. Use as an async context."""

    _templates: ClassVar[Environment | None] = None
    """Compiled once for all stories: that takes longer than a story does."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._browsers: dict[str, Browser] = {}
        self._clicks = itertools.count()
        port = unused_port()
        frame = Frame(port, Demonstration(), lambda: scene.now)
        # Nobody's session ends in the middle of a story: the story's clock is not the browser's.
        app = make_app(scene.bot, scene.office, scene.organisation, frame, lambda: 0.0)
        WebFront._templates = app[SITE].templates = WebFront._templates or app[SITE].templates
        self._server = TestServer(app, port=port)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        for browser in self._browsers.values():
            await browser.close()
        await self._server.close()

    async def says(self, who: str, text: str, picks: tuple[str, ...]) -> Heard | None:
        """See Front."""
        browser = await self._browser(who)
        await browser.post("/new")
        page = await browser.post("/ask", ("question", text))
        for label in picks:
            choice = next((b for b in page.tree.all("button", name="choice") if b.said() == label), None)
            turn = page.tree.one("input", name="turn")
            assert choice is not None, f"no button {label!r}"
            assert turn is not None
            chosen = (("turn", turn.attributes["value"]), ("choice", choice.attributes["value"]))
            page = await browser.post("/choose", *chosen)
        answer = list(page.tree.all("article"))[-1]
        links = [a.attributes["href"] for a in answer.all("a") if a.attributes.get("href", "").startswith("/start/")]
        return Heard(answer.said(), tuple(link.removeprefix("/start/").partition("?")[0] for link in links))

    async def starts(self, who: str, slug: str, typed: Typed, extra: Extra) -> Sent:
        """See Front."""
        browser, query = await self._browser(who), f"?school={extra.school}" if extra.school else ""
        page = await browser.get(f"/start/{slug}{query}")
        if page.tree.one("form", class_="drafted"):
            await browser.post(f"/start/{slug}/drop{query}")
            page = await browser.get(f"/start/{slug}{query}")
        while page.path == f"/start/{slug}" and page.status < 500:
            if not page.tree.one("form", id="form"):
                return Sent(refused=trouble(page))
            before = questions(page)
            page = await browser.post(f"/start/{slug}{query}", *filled(page, typed))
            if page.path == f"/start/{slug}" and questions(page) == before:
                return Sent(errors=errors(page))
        return await self._send(browser, slug, query, page, extra)

    async def _send(self, browser: Browser, slug: str, query: str, page: Page, extra: Extra) -> Sent:
        """The check, the gate and the sending, twice."""
        if extra.files or extra.held_back:
            answer = "yes" if extra.held_back else "no"
            page = await browser.post(f"/start/{slug}/gate{query}", ("gate", answer))
        key = page.tree.one("input", name="key")
        if key is None:
            return Sent(refused=trouble(page))
        number, path = key.attributes["value"], f"/start/{slug}/send{query}"
        sent = [(f"copy.{kind}", picture(kind)) for kind in extra.files]
        page = await (browser.send_files(path, number, sent) if sent else browser.post(path, ("key", number)))
        if not page.path.startswith("/case/"):
            return Sent(refused=trouble(page))
        again = await browser.post(path, ("key", number), follow=False)
        assert again.path.startswith("/desk"), "the same form twice opened a second case"
        reference = page.tree.one("p", class_="reference")
        return Sent(page.path.removeprefix("/case/"), reference.said().split()[0] if reference else "")

    async def looks(self, who: str, slug: str) -> str:
        """See Front."""
        page = await (await self._browser(who)).get(f"/start/{slug}")
        assert page.path != f"/start/{slug}", f"{slug} is no look-up"
        return readable(page.tree)

    async def does(self, who: str, case: str, step: Does) -> str | None:
        """See Front. The form is sent as the page has it; the click comes twice."""
        if step.does == "revise":
            return await self._revised(who, case, step)
        browser, key = await self._browser(who), f"click-{next(self._clicks)}"
        fields = [("do", step.does), ("key", key), ("words", step.words)]
        fields += [("conditions", step.conditions), ("to", step.to or ""), ("step", step.step or "")]
        fields += [("subject", step.subject or "")]
        fields += [("done", "yes" if step.done else "no")]
        ticked = step.confirmed
        if ticked is None:
            ticked = (await procedure_of(self._scene, case)).checklist
        fields += [("confirmed", point) for point in ticked]
        first = await browser.post(f"/case/{case}", *fields, follow=False)
        again = await browser.post(f"/case/{case}", *fields, follow=False)
        assert refusal(first) == refusal(again), f"the same click twice: {refusal(first)}, then {refusal(again)}"
        return refusal(first)

    async def away(self, who: str, stand_in: str, since: datetime, until: datetime) -> str | None:
        """See Front. The page asks for days: a story that counts in hours is told to the office itself."""
        first, back = since.astimezone(LOCAL), until.astimezone(LOCAL)
        if first.date() == back.date():
            await self._scene.office.set_away(who, stand_in, since, until, self._scene.now)
            return None
        days = (("since", first.date().isoformat()), ("until", back.date().isoformat()))
        return refusal(await (await self._browser(who)).post("/away", ("do", "away"), ("stand_in", stand_in), *days))

    async def back(self, who: str) -> None:
        """See Front."""
        await (await self._browser(who)).post("/away", ("do", "back"))

    async def sees(self, who: str, case: str) -> Seen | None:
        """See Front."""
        name = self._scene.person(who)[0].name
        page = await (await self._browser(who)).get(f"/case/{case}")
        if page.tree.one("p", class_="reference") is None:
            # A stranger to the case, or somebody who left and is asked to sign in: no word of the case either way.
            assert not re.search(r"AF-\w{4}-\w{4}", page.tree.text())
            return None
        await self._scene.worker.settle()
        state, following = page.tree.one("span", class_="state"), page.tree.one("p", class_="next-words")
        thread = tuple(line(li, name) for li in page.tree.all("li", class_="event"))
        may = {kind for kind in _BUTTONS if page.tree.one(id=f"do-{kind}")}
        may |= {"mark_step"} if page.tree.one("input", name="step") else set()
        may |= {"letter"} if page.tree.one("a", href=f"/case/{case}/letter") else set()
        said = state.said() if state else ""
        return Seen(said, following.said() if following else "", thread, frozenset(may), readable(page.tree))

    async def told(self, who: str, case: str) -> list[str]:
        """See Front."""
        page = await (await self._browser(who)).get("/desk")
        notices = page.tree.one("section", id="desk-notices")
        links = notices.all("a", href=f"/case/{case}") if notices and page.path == "/desk" else ()
        return [link.said() for link in links][::-1]

    async def waiting(self, who: str) -> set[str]:
        """See Front."""
        page = await (await self._browser(who)).get("/desk")
        waits = page.tree.one("section", id="desk-waiting")
        links = waits.all("a") if waits and page.path == "/desk" else ()
        return {link.attributes["href"].removeprefix("/case/") for link in links}

    async def _browser(self, who: str) -> Browser:
        """The person's own, signed in."""
        if who not in self._browsers:
            self._browsers[who] = browser = Browser(str(self._server.make_url("/")))
            school = self._scene.person(who)[1].id
            await browser.get(f"/who?school={school}")
            await browser.post("/who", ("school", school), ("person", who))
        return self._browsers[who]

    async def _revised(self, who: str, case: str, step: Does) -> str | None:
        """The form as it was filled in, but for what changed."""
        browser, path = await self._browser(who), f"/case/{case}/revise"
        page = await browser.get(path)
        while page.path == path and page.status < 500:
            if not page.tree.one("form", id="form"):
                return refusal(page)
            key = page.tree.one("input", name="key")
            before = questions(page)
            page = await browser.post(path, ("key", key.attributes["value"] if key else ""), *filled(page, step.with_))
            if page.path == path and questions(page) == before:
                return " ".join(errors(page).values())
        return refusal(page)
