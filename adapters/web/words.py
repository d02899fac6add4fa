"""Fixed sentences of the pages that are not in a template."""

from __future__ import annotations

from typing import NamedTuple


class Trouble(NamedTuple):
    """What an error page says: what is wrong, and the cure."""

    title: str
    wrong: str
    cure: str


NOTHING_CHANGED = "Nothing was changed"

TROUBLES: dict[int, Trouble] = {
    400: Trouble(
        "That could not be read",
        "The page sent something that AskFirst cannot use.",
        "Go back and try again.",
    ),
    403: Trouble(
        "This page can no longer be used",
        "The form was too old, or did not come from this site, so nothing was done.",
        "Open the chat afresh and try again. If it happens each time, allow cookies for this address.",
    ),
    404: Trouble(
        "There is no such page",
        "The address leads nowhere here. It may be mistyped, or the page may belong to another policy.",
        "Check the address, or start from the chat.",
    ),
    405: Trouble(
        "That page does not work in this way",
        "The address exists, but not for what was asked of it.",
        "Start from the chat and use the buttons there.",
    ),
    413: Trouble(
        "That is too long",
        "What was sent is larger than is accepted here, so it was not read.",
        "Shorten it to its main point, then send it again.",
    ),
    409: Trouble(
        "This changed meanwhile",
        "Somebody else was a moment earlier, so nothing was done.",
        "Open the page again and look at what is new.",
    ),
    500: Trouble(
        "Something went wrong here",
        "The fault is on our side. Your question was not kept.",
        "Try again. If it happens again, ask your line manager, and tell whoever runs AskFirst.",
    ),
    503: Trouble(
        "This was not recorded",
        "The records cannot be written at the moment, so nothing that you sent was kept.",
        "Try again in a minute. If it cannot wait, speak to the person concerned now; "
        "if a child may be in danger, tell the designated safeguarding lead by voice, or call 999.",
    ),
}
"""Error pages by status. 404 serves what does not exist and what is not theirs alike (SECURITY T16)."""

WRONG_HOST = Trouble(
    "This address is not served here",
    "AskFirst answers only on this computer, under its own address.",
    "Use the link below.",
)
ENDED = Trouble(
    "This conversation has ended",
    "A conversation is forgotten after 30 minutes without use, or when AskFirst is started again.",
    "Choose your school again, then paste your question.",
)
NOT_OFFERED = Trouble(
    "Your policy does not offer this",
    "Your school's policy does not define this request or report.",
    "Choose from the list of what you can start, or ask your question in the chat.",
)
NOT_SERVED = Trouble(
    "AskFirst cannot serve you here",
    "It serves people who are on a school's staff list at present.",
    "If somebody may be in danger, call 999. Tell the school's designated safeguarding lead of a worry about a child. "
    "Children and young people can ring Childline on 0800 1111.",
)
"""The one reply to leavers and strangers (SECURITY T03, T09)."""
BY_PROXY = Trouble(
    "You are not signed in",
    "Your organisation's sign-in did not say who you are.",
    "Open AskFirst from your organisation's own address. If that does not help, tell whoever runs it.",
)
FILE_TOO_LARGE = Trouble(
    "A file is too large",
    "A file is larger than 10 MB, so nothing was sent.",
    "Go back and choose a smaller copy, or a screenshot of the part that matters. What you wrote is kept.",
)
TICKET_GONE = Trouble(
    "This link has ended",
    "A link to a file works once, for one minute, and for one person.",
    "Go back to the case and press the button beside the file again.",
)
NO_COPY = Trouble(
    "There is no copy to look at",
    "This file is kept sealed and cannot be opened here.",
    "Ask the designated safeguarding lead.",
)
TOO_MANY_FILES = "at most 5 files can be added; go back and choose the ones that matter most"
NO_FILES_HERE = "files can be added once the question about them is answered with no; go back and answer it"
NOT_SIGNED_IN = "that name and password do not go together; check both and try again"
THROTTLED = "there were too many attempts for this name; wait 15 minutes, then try again"
NOT_KEPT = "What you type is not being kept at the moment. Copy it before you leave this page."
WRONG_CODE = "that code is not right, or it was used already; wait for the next one, then type it"
LOST_PHONE = (
    "You have lost the phone with your codes? Tell whoever runs AskFirst at once: they make you another secret."
)
NO_SECOND_FACTOR = "Ask whoever runs AskFirst to make one for you, which takes a minute. They run:"
NO_SECOND_FACTOR_THEN = "You put what it prints into an authenticator app on your phone, then open this page again."
NOTHING_ASKED = (
    "Where a school runs AskFirst, people sign in, and restricted cases, files and the audit want a one-time code as "
    "well. This demonstration asks for neither."
)
CANNOT_WAIT = (
    "If it cannot wait, speak to the person concerned. If a child may be in danger, tell the designated safeguarding "
    "lead by voice now, or call 999."
)
CHANGED_ELSEWHERE = "This form was changed in another window meanwhile. Check what it says now, then send it."
ALREADY_SENT = "This form was sent already, or its draft was discarded. What you sent stands below."
BUTTON_GONE = "this button is not known any more; ask the question again"
UNKNOWN_SCHOOL = "that school or person is not known here; choose again"

EXAMPLES = (
    "Can I accept a friend request from a parent?",
    "May I post a photo of my class on my own Instagram?",
    "A journalist has messaged me about the school. What do I do?",
)

GROUPS: dict[str, str] = {
    "connections": "Friends, followers and messages",
    "content": "What you post",
    "identity": "Your accounts and profile",
    "work-time": "Work time, equipment and systems",
    "official": "School accounts and groups",
    "blogs-media": "Blogs and the press",
    "reports": "Reporting",
    "administration": "How the policy works",
    "silent": "Other subjects",
    "vague": "Questions that need more detail",
}
"""Headings for topic groups, in reading order; a group without one comes last, named by its slug."""

OFFERS: dict[str, str] = {
    "request": "Ask for permission now",
    "report": "Report this now",
    "record": "Put it on record now",
    "look_up": "Look it up",
}
"""What an answer's button does, by kind of procedure."""

KINDS: dict[str, tuple[str, str]] = {
    "request": ("Ask permission", "Somebody decides, and you get the decision in writing."),
    "report": ("Report", "Somebody handles it, and you hear when it was read and when it is closed."),
    "record": ("Record", "It is noted, and the people who should know are told."),
    "look_up": ("Look up", "Nothing is sent."),
}
"""The menu's groups: heading and what happens."""

WHERE_TO: dict[str, str] = {
    "request": "Who decides",
    "report": "Who receives it",
    "record": "Who is told",
}
SEND: dict[str, str] = {
    "request": "Send the request",
    "report": "Send the report",
    "record": "Put it on record",
}
SENT_WORDS: dict[str, str] = {
    "request": "Your request was received and recorded.",
    "report": "Your report was received and recorded.",
    "record": "It is on record.",
}
NAMED = "It is recorded whom the report is about. If it is not with you any more, it went to somebody independent."
DONE: dict[str, str] = {
    "name_subject": NAMED,
    "approve": "Your approval is recorded, and the person who asked is told.",
    "decline": "Your decision is recorded, and the person who asked is told.",
    "ask": "Your question was sent.",
    "say": "Your message was sent.",
    "hand_on": "The case was handed on.",
    "withdraw": "The request is withdrawn.",
    "revise": "The request was changed and goes its way anew.",
    "mark_step": "The step is recorded.",
    "close": "The case is closed, and the person who reported it is told.",
}
"""What the page says after an action."""
LOOK_UPS: dict[str, str] = {"sites": "/register", "people": "/people", "policies": "/policies", "stored": "/stored"}


def group_title(slug: str) -> str:
    """The heading of a topic group."""
    return GROUPS.get(slug, slug.replace("-", " ").capitalize())


def group_place(slug: str) -> tuple[int, str]:
    """Where a topic group stands in reading order."""
    known = list(GROUPS)
    return (known.index(slug) if slug in known else len(known), slug)
