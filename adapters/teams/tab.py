"""The personal tab "My requests": a door to the pages, because nobody is signed in inside the tab.

It says nothing of anybody, so that it may be framed by Teams; the pages themselves may be framed by nobody.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

PATH = "/teams/my-requests"
_FRAMES = "https://teams.microsoft.com https://*.teams.microsoft.com https://*.cloud.microsoft"
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors {_FRAMES}",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>My requests</title>
<style>
body {{ font: 1.125rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #14213d;
background: #fff; }}
a {{ color: #1d3b6f; }}
</style></head>
<body><main>
<h1>My requests</h1>
<p><a href="{desk}" target="_blank" rel="noopener noreferrer">Open my requests and what waits for me</a>
(a window of its own, where you sign in).</p>
<p>Here in Teams, write “My requests” or “Waiting for me” in the Chat tab.</p>
</main></body></html>
"""


def add_tab(app: web.Application, pages: str) -> None:
    """Add the tab's page. pages: the https address of the web pages."""
    body = _PAGE.format(desk=escape(f"{pages.rstrip('/')}/desk", quote=True))

    async def tab(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="text/html", headers=_HEADERS)

    app.router.add_get(PATH, tab)
