"""Every sentence of the case office that is not policy text. Nothing here names what a restricted case is about."""

from __future__ import annotations

REFUSALS: dict[str, str] = {
    "own": "You made this request, so somebody else decides it. Nothing was changed.",
    "ended": "This case was settled meanwhile, so nothing was changed. Open it to see the outcome.",
    "signed": "You have signed already. The case now waits for somebody else.",
    "appointed": "You stand in for the person who asks, so somebody else decides it. Nothing was changed.",
    "left": "You do not hold this role any more, so nothing was changed.",
    "not_holder": "The case is no longer with you, so nothing was changed.",
    "only_told": "You were told of this case, but others decide it. Nothing was changed.",
    "gone": "The policy has this procedure no longer, so nothing can be decided here. Your administrator can help.",
    "no_access": "There is no such case for you.",
    "not_yours": "Only the person who asked can do this. Nothing was changed.",
    "stays": "A report that was made stays on record, so it cannot be taken back. You can add to it by a message.",
    "no_decision": "This is a report: it is handled and closed rather than approved or declined.",
    "needs_decision": "This is a request: approve or decline it.",
    "checklist": "First confirm: {detail}",
    "steps_left": "One step is open: {detail} Mark it as done, or skip it with a reason.",
    "skip_reason": "Write why the step is skipped: the reason stays on record.",
    "unknown_step": "This step is not part of the case any more; open the case again.",
    "unknown_person": "Choose a person of your trust from the list.",
    "cannot_take": "{detail} cannot take this case. Choose somebody else.",
    "changed": "The case changed while you had it open, so nothing was done. Look at what is new, then press again.",
    "unknown_action": "This button is not known any more; open the case again.",
}

NOTICES: dict[str, str] = {
    "receipt": "Your {kind} was received and recorded as {reference}.",
    "waiting": "{reference} is waiting for you: {title}.",
    "reminder": "{reference} still waits for you: {title}.",
    "told": "For your information: {reference}, {title}.",
    "signed": "{who} has signed {reference}: {title}.",
    "approved": "{reference} was approved: {title}.",
    "declined": "{reference} was declined: {title}. You can change it and ask again in the same thread.",
    "asked": "{who} asks you something about {reference}: {title}.",
    "said": "{who} wrote in {reference}: {title}.",
    "seen": "Your report {reference} was read by {who}.",
    "closed": "{reference} was closed: {title}.",
    "escalated": "{reference} was overdue, so the next authority can decide it too: {title}.",
    "handed_on": "{who} handed {reference} on: {title}.",
    "handed_on_restricted": "Your report {reference} is still in hand. It was handed on to somebody else responsible.",
    "revised": "{reference} was changed by the person who asked: {title}.",
    "withdrawn": "{reference} was withdrawn: {title}.",
    "evidence": "Something was added to {reference}: {title}.",
    "settled": "{reference} was settled by {who}: {title}.",
    "outcome": "{reference} has an outcome: {title}.",
    "nobody": "Nobody independent is left to take {reference}. {lado}",
    "clock": "A deadline in law is near for {reference}: {title}.",
    "entry_review": "A register entry of {reference} is due for review: {title}.",
    "entry_closing": "A register entry of {reference} reaches its closing day: {title}.",
    "broke_glass": "Two people opened the words of {reference} with a stated reason, {who} among them: {title}.",
    "entry_administrators": "A site of {reference} has too few administrators or moderators left: {title}.",
}
"""What a person is told. A restricted case shows the reference alone: {title} is then 'a restricted case'."""

RESTRICTED_TITLE = "a restricted case, open it to read"
SOMEBODY = "Somebody"
INSTEAD_OF = "in place of {who}"
ON_CONDITION = "On the condition:"
NOT_ON_LIST = "Somebody who is not on the staff list"

STATES: dict[str, str] = {
    "open": "Waiting",
    "approved": "Approved",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
    "closed": "Closed",
}
CONDITIONS = "Approved with conditions"
NEXT_WAITS = "{stage}: waiting for {who}, by {when}."
NEXT_NOBODY = "Nobody independent is left to decide this. {lado}"
NEXT_ANSWER = "{who} asked a question. Please answer it below; the deadline runs on."
NEXT_DECLINED = "You can change the request and ask again in this thread."
NEXT_ENDED = "Nothing more happens here."
NEXT_GONE = "The policy has this procedure no longer. The case is kept as it is; your administrator can export it."
GONE_TITLE = "{title} (no longer in the policy)"
NEXT_NOTED = "This is on record. Nothing more happens unless somebody writes to you."
LADO_DEFAULT = (
    "Contact the Local Authority Designated Officer (LADO) of your local authority; "
    "in an emergency call 999. The NSPCC whistleblowing line is 0800 028 0285."
)
BANNER = (
    "This is not watched round the clock. If a child is in immediate danger call 999, "
    "then tell your designated safeguarding lead."
)
"""Stands before every report form (SECURITY section 3)."""

GATE_QUESTION = "Could it show a nude or semi-nude child?"
GATE_STOP = (
    "Do not upload, forward, open or delete it. Tell your designated safeguarding lead now, by voice. "
    "You can report it here without the file."
)
"""The gate before any file (T20)."""
GATE_HELD_BACK = (
    "It could. No file was added. Nobody may open, copy, forward or delete it: "
    "the designated safeguarding lead decides what happens to the device."
)

EVENT_WORDS: dict[str, str] = {
    "opened": "made this",
    "signed": "approved",
    "approved": "was approved",
    "declined": "declined",
    "asked": "asked",
    "said": "wrote",
    "handed_on": "handed this on to {to}",
    "withdrawn": "withdrew the request",
    "revised": "changed the request",
    "seen": "read the report",
    "step_done": "did: {step}",
    "step_skipped": "skipped: {step}",
    "closed": "closed the case",
    "subject": "changed whom this is about",
    "evidence": "added a file",
    "evidence_viewed": "opened a file",
    "reminded": "A reminder was sent",
    "deputies": "The case was late, so deputies can decide it too",
    "escalated": "The case was overdue, so it also went to {to}",
    "clock": "A deadline in law is near: {title}",
    "entry_due": "The register entry wants attention",
    "held": "set or lifted a hold",
    "broke_glass": "opened the words of this case together with {to}",
    "erased": "erased the case",
    "stage_began": "{stage}: by {when}",
}

INSTRUCTION = "A special instruction is in force for you: {rule}"
ON_REGISTER = "On the register of approved sites: {site}."
NOT_ON_REGISTER = "No approved site of that name stands in your school's register. Ask before you use it."
