"""Every sentence of the bot that is not policy text."""

from __future__ import annotations

from policy_kb.model import Role, Verdict

VERDICT_WORDS: dict[Verdict, str] = {
    Verdict.NOT_ALLOWED: "Must not",
    Verdict.REQUIRED: "You have a duty here",
    Verdict.ASK_FIRST: "Ask first",
    Verdict.ADVISED_AGAINST: "Should not",
    Verdict.ALLOWED_IF: "Only on conditions",
    Verdict.ALLOWED: "Permitted",
    Verdict.CLARIFY: "One question first",
    Verdict.INFORMATION: "What the policy says",
    Verdict.NOT_COVERED: "Not covered",
}
"""How an answer begins: the verdict in words of its strength."""

ROLE_WORDS: dict[Role, str] = {
    Role.CEO: "the Chief Executive Officer",
    Role.HEADTEACHER: "the headteacher",
    Role.LINE_MANAGER: "your line manager",
    Role.CHAIR_OF_GOVERNORS: "the chair of governors",
    Role.GOVERNING_BOARD: "the governing board",
    Role.SAFEGUARDING_LEAD: "the designated safeguarding lead",
    Role.TRUST_BUSINESS_DIRECTOR: "the Trust Business Director",
    Role.SLT: "the senior leadership team",
    Role.IT_SUPPORT: "IT support",
    Role.NETWORK_MANAGER: "the network manager",
    Role.HEAD_OF_MARKETING: "the Trust Head of Marketing",
    Role.GCC_DATA_MANAGEMENT: "the Data Management team at Gloucestershire County Council",
    Role.POLICE: "the police",
    Role.ESAFETY_OFFICER: "the e-safety officer",
    Role.DEPUTY_HEADTEACHER: "the deputy headteacher",
    Role.ASSISTANT_HEADTEACHER: "the assistant headteacher",
    Role.CHAIR_OF_TRUSTEES: "the chair of trustees",
    Role.ANTI_BULLYING_LEAD: "the anti-bullying lead",
}

YOU_ASKED_ABOUT = "You asked about:"
NEXT = "What to do next:"
OTHERWISE = "Otherwise this holds:"
"""Below a question, before what holds unless its answer changes it."""
CONTACT = "Who to speak to:"
CONTACT_SILENT = "Ask before you act:"
CONFLICT = "The policy does not agree with itself:"
NEAREST = "The nearest clause, for information:"
SEE_ALSO = "This may matter too:"
YOU_CAN_START = "You can start:"

SILENCE = "Silence is not permission. Please ask a person before you act."
OFF_TOPIC = (
    "This does not seem to be about social media, so the social media policy does not answer it. "
    "Please ask your line manager or the school office."
)
STALE_BUTTON = "this button is not known any more; ask the question again"
NEAREST_FOUND = "I could not match your question to a rule for certain. This is the nearest the policy comes."
DID_YOU_MEAN = "I am not certain what you are asking. Did you mean one of these?"
NONE_OF_THESE = "None of these"
GREETING = "Ask in your own words, for example: Can I accept a friend request from a parent?"
NOT_THE_SUBJECT = "This concerns {subject}, so do not take it to {subject}."
ABOUT_SUBJECT_CLAUSE = (
    "Where a clause names {subject}, take it to the person below instead: nobody handles a concern about themselves."
)
LADO = (
    "If there is nobody independent to tell, contact the Local Authority Designated Officer (LADO); "
    "your local authority publishes the number."
)
INSTEAD = "Take it to {people}, and to nobody else."
AS_A_GOVERNOR = "You said that you are a governor or trustee: where {manager} is named, ask the chair of your board."
SIGNPOST_DEFAULT = (
    "If someone may be in danger, act now: call 999 in an emergency, then tell the designated safeguarding lead. "
    "Do not wait for an answer here: this is not watched round the clock. "
    "If there is a nude or semi-nude image of a child, do not open, copy, forward or delete it."
)
"""Shown first where the question has danger words; ASKFIRST_SIGNPOST names a file that replaces it."""

WHO_SEES = "Asking is not reporting: nobody can see who asked what, and your question is not stored."


def any_of_roles(names: list[str]) -> str:
    """'the CEO or the headteacher'; several names joined as people write them."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"
