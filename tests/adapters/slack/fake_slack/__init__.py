"""Our own Slack for tests: it validates as Slack does, and people in it write, press and fill in forms.

async with FakeSlack(clock) as slack:
    slack.workspace("T1"); slack.person("U1", email="ann@hill.example")
    ...start the app with slack.api_url, token "xoxb-T1", slack.secret...
    slack.listen("http://127.0.0.1:PORT/slack/events")      # or let the app open a socket with slack.app_token
    await slack.say("U1", "Can I post a photo?")
    await slack.until(lambda: slack.from_bot("U1"))
    await slack.press("U1", slack.from_bot("U1")[-1], "Open")
    await slack.submit("U1", {"Label or id of an input": "text"})
"""

from .deliver import Answer, sign
from .faults import Fault
from .filling import CannotDo, plain
from .slack import FakeSlack
from .world import Message, Shown, Workspace

__all__ = ["Answer", "CannotDo", "FakeSlack", "Fault", "Message", "Shown", "Workspace", "plain", "sign"]
