"""Fixed sentences of the pages that are not in a template."""

from __future__ import annotations

from typing import NamedTuple


class Trouble(NamedTuple):
    """What an error page says: what is wrong, and the cure."""

    title: str
    wrong: str
    cure: str


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
        "What was sent is larger than 64 kilobytes, so it was not read.",
        "Shorten the question to its main point, then send it again.",
    ),
    500: Trouble(
        "Something went wrong here",
        "The fault is on our side. Your question was not kept.",
        "Try again. If it happens again, ask your line manager, and tell whoever runs AskFirst.",
    ),
}

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
    "No rule of the chosen school's policy leads to this request or report.",
    "Ask your question in the chat: the answer names whom to speak to.",
)
NO_SCHOOL = Trouble(
    "Choose your school first",
    "Who decides or receives this depends on your school's policy.",
    "Start from the chat and choose your school.",
)
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

KIND_HEADINGS: dict[str, str] = {
    "request": "Who decides",
    "report": "Who receives it",
    "record": "Who should know",
}


def group_title(slug: str) -> str:
    """The heading of a topic group."""
    return GROUPS.get(slug, slug.replace("-", " ").capitalize())


def group_place(slug: str) -> tuple[int, str]:
    """Where a topic group stands in reading order."""
    known = list(GROUPS)
    return (known.index(slug) if slug in known else len(known), slug)
