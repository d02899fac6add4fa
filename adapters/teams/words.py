"""Sentences that only Teams needs."""

from __future__ import annotations

DONE = "Done."
ANSWERED = "The answer stands below."
NOT_RECORDED = (
    "This could not be recorded, so please do not rely on it. Try again in a few minutes; "
    "if it is urgent, tell your designated safeguarding lead or the headteacher by voice."
)
NOT_KNOWN = "This button is not known any more. Ask again, or open the case again."
FAILED = "Something went wrong here, and nothing was changed. Please press again."
SEE_FIELDS = "Please look at the fields again."
TOO_LONG = "This is too long for Teams. Please use the web pages for it."
SHORTENED = "This was shortened. Open it to read the rest."
TAKEN_BACK = "This card is not for you any more."
NEWER = "There is a newer card of this case below."
WINDOW = "This opens in a window of its own, which nobody else can see."
OPEN = "Open"
IN_CHAT = "Fill it in here"
OPTIONAL = "{label} (optional)"
ERROR = "Error: {error}"
FILES_ELSEWHERE = "Teams has no room for files here: they are added on the web pages, after the gate."
TIME = "{label}: time"
YES_NO = (("yes", "Yes"), ("no", "No"))
SEND = "Send"
CONDITIONS = "On the condition:"
PRIVATELY = "AskFirst answered you in its own chat, where nobody else can read it."
WELCOME = "Hello. This is AskFirst: it knows your school's social media policy."
NO_WINDOW = (
    "This opens in a window of its own, so that nobody else can read it, and this client has none. "
    "Please use the web pages of AskFirst."
)
WINDOW_ONLY = "This opens in a window of its own, so that nobody else can read it: use the card’s “Open”."
