"""Every sentence of the chat that is neither policy text nor said elsewhere."""

from __future__ import annotations

from policy_kb.procedures import Kind

NAME = "AskFirst"
STRANGER_TITLE = "Not served here"
STRANGER = (
    "AskFirst serves people who are on a school's staff list at present, so it cannot answer you here. "
    "If somebody may be in danger, call 999. Tell the school's designated safeguarding lead of a worry about a child. "
    "Children and young people can ring Childline on 0800 1111."
)
"""The one reply to leavers, guests and strangers, whatever they did (SECURITY T03, T09)."""

BUTTON_GONE = "This button is not known any more. Ask the question again, or open the case again."
NOTHING_CHANGED = "Nothing was changed"
SAFETY = "Safety first"
CLAUSE = "Clause {label}, {document}"
WHY_ASKED = "Clause {label} asks for this."

# Answers.

THANKS = "Thank you."
FEEDBACK_TITLE = "It did not help"
FEEDBACK = (
    "Your question was not kept. If you wish, it goes to the person who looks after the answers, so that the next "
    "person is helped. It goes without your name. Nobody answers you from there: if it matters now, ask a person."
)
FEEDBACK_QUESTION = "Your question, as it may be kept"
FEEDBACK_HELP = "Take out names and everything else that would show whom it is about."
FEEDBACK_KEEP = "Give it"
FEEDBACK_KEPT = "Thank you. Your question was kept without your name."
FEEDBACK_LONG = "That has more than {limit:,} characters; please shorten it."
FEEDBACK_EMPTY = "Write the question, or close this without giving it."

# Forms.

TITLES: dict[Kind, str] = {
    Kind.REQUEST: "Ask permission",
    Kind.REPORT: "Report",
    Kind.RECORD: "Put on record",
    Kind.LOOK_UP: "Look up",
}
KINDS: dict[Kind, tuple[str, str]] = {
    Kind.REQUEST: ("Ask permission", "Somebody decides, and you get the decision in writing."),
    Kind.REPORT: ("Report", "Somebody handles it, and you hear when it was read and when it is closed."),
    Kind.RECORD: ("Record", "It is noted, and the people who should know are told."),
    Kind.LOOK_UP: ("Look up", "Nothing is sent."),
}
WHERE_TO: dict[Kind, str] = {
    Kind.REQUEST: "Who decides",
    Kind.REPORT: "Who receives it",
    Kind.RECORD: "Who is told",
}
SEND: dict[Kind, str] = {
    Kind.REQUEST: "Send the request",
    Kind.REPORT: "Send the report",
    Kind.RECORD: "Put it on record",
}
SENT: dict[Kind, str] = {
    Kind.REQUEST: "Your request was received and recorded. Its number is {reference}.",
    Kind.REPORT: "Your report was received and recorded. Its number is {reference}.",
    Kind.RECORD: "It is on record. Its number is {reference}.",
}
MEANWHILE = "Meanwhile: {words}"
FOR_SCHOOL = "For {school}"
ALSO_TOLD = "Also told: {people}"
NOBODY_TOLD = "Nobody else: it is kept on record for you."
BY_WHEN = "They have until {when}. After that it also goes to the next authority."
CONTINUE = "Continue"
BACK = "Back"
STEP_HINT = (
    "At the end you see everything once more before it is sent. What you fill in is kept, sealed, for {days} days."
)
FURTHER = "More questions follow from here."
BEGUN = "You began this on {when}. What you filled in stands below; nothing was sent yet."
START_AFRESH = "Start afresh"
CHECK_TITLE = "Check before you send"
CHANGE_ANSWERS = "Change the answers"
NO_ANSWERS = "You filled in nothing."
STAYS = "A report that was made stays on record. Those who handle it see that it came from you."
CHANGED_ELSEWHERE = "This form was changed in another window meanwhile. Check what it says now, then send it."
ALREADY_SENT = "This form was sent already, or its draft was discarded. What you sent stands under “My requests”."
GATE_NONE = "There is no picture or file"
GATE_FIRST = "Before you go on, please answer one question."
GATE_ASK_AGAIN = "Change this answer"
GATE_NO_SAID = "You said that no file could show a nude or semi-nude child. You can add files below."
GATE_GOES_ON = "Your report goes on without the file, and is handled at once. Send it below."
GATE_ANSWER = "Choose one of the answers."
FILES = "Files to add"
FILES_HELP = (
    "Up to {most} pictures (PNG, JPEG, WEBP) or PDF files, each at most 10 MB. The originals are kept sealed; "
    "those who handle this see copies without hidden details such as places."
)
TOO_MANY_FILES = "At most {most} files can be added. Choose the ones that matter most."
NO_FILES_HERE = "Files can be added once the question about them is answered with no. Go back and answer it."
FORM_TOO_LONG = "That is more than a form takes. Shorten it to its main points; nothing was kept of it."
REVISE_SAY = "It stays in the same thread, and everyone who signed before is asked again."
REVISE_TITLE = "Change the request"
REVISE_SEND = "Send the change"
NOT_OFFERED = "Your school's policy does not define this request or report. Choose from the list of what you can start."

# Pointing at a message.

POINTED_TITLE = "Report a message"
POINTED = "Only the link to the message goes into the report, never a copy of it."
POINTED_LINK = "Link to the message"
POINTED_WHICH = "What do you want to report?"
POINTED_CHOOSE = "Choose what you want to report."
POINTED_NONE = "Your policy defines no report. Tell your line manager; if somebody may be in danger, call 999."
POINTED_AT = "The message: {link}"
POINTED_ASK = "About this message"

# Cases.

FROM = "From {who}, {school}, {when}"
BY_YOU = "By you, {school}, {when}"
STATE = "Where this stands"
NEXT = "What happens next"
ANSWERS = "What {who} wrote"
ANSWERS_YOU = "What you wrote"
OVERDUE = "This is overdue."
DECISION = "The decision"
CLOSING = "Closing words"
STEPS = "Steps"
STEP_STATES: dict[bool | None, str] = {None: "To do", True: "Done by {who}", False: "Skipped by {who}"}
SETTLE = "Settle this step"
SETTLE_AGAIN = "Change this step"
THREAD = "What happened"
EARLIER = "Earlier"
EARLIER_TITLE = "What happened earlier"
POLICY_SAYS = "What the policy says: {policy}, {version}"
FILES_THERE = "Files"
FILE_LINE = "File {number}: {kind}, {size} KB"
FILES_OPEN = "Open the files on the pages"
FILES_ON_PAGES = "Files are looked at on the web pages of AskFirst, where it is recorded who looks."
LETTER = "Decision letter (PDF)"
YOU = "You"
OPEN = "Open"
OPEN_AGAIN = "Show what is new"
CONFIDENTIAL = "For anything confidential use “Open”: what is written in a chat can be read by whoever runs it."
RESTRICTED_CARD = "{reference}: a restricted case. Open it to read it."
WAITS_FOR_YOU = "It waits for you."
CHANNEL_THREAD = "What you write in this thread goes to the person who asked, and their answers come here."
CHANNEL_DECIDED = "{who} {what}, {when}."
CARD_ANSWER = 300
"""Characters of an answer on a card; the case itself has all of it."""
CARD_ANSWERS = 6
CUT = "…"
MORE_ANSWERS = "Open it to read all {count} answers."

ACTS: dict[str, str] = {
    "approve": "Approve",
    "decline": "Decline",
    "close": "Close the report",
    "ask": "Ask a question",
    "say": "Write in this thread",
    "hand_on": "Hand it on",
    "name_subject": "Change whom it is about",
    "revise": "Change the request",
    "withdraw": "Withdraw",
    "mark_step": "Record it",
}
"""What buttons say, in the order in which they stand."""
ANSWER = "Answer"
ASK_AGAIN = "Change it and ask again"
ACT_TITLES: dict[str, str] = {
    "approve": "Approve",
    "decline": "Decline",
    "close": "Close the report",
    "ask": "Ask a question",
    "say": "Write",
    "hand_on": "Hand it on",
    "name_subject": "Whom it is about",
    "withdraw": "Withdraw",
    "mark_step": "Settle a step",
}
WORDS_TO = "Your words to {who}"
WORDS: dict[str, tuple[str, str]] = {
    "approve": (WORDS_TO, "Your words reach the person letter for letter, and stand in the decision letter."),
    "decline": (WORDS_TO, "Your words reach the person letter for letter. The request can be changed and asked again."),
    "close": (
        WORDS_TO,
        "Your words reach whoever reported it. Do not say what was decided about somebody else.",
    ),
    "ask": ("Your question to {who}", ""),
    "say": ("Your words", "What you write reaches the people of this case letter for letter."),
    "hand_on": ("A few words for them", ""),
    "withdraw": ("Why, if you want to say", ""),
    "mark_step": ("Note, or the reason for skipping", ""),
}
"""The label and the help of the words."""
CONDITIONS = "Conditions, if there are any"
CONDITIONS_HELP = "What the approval depends on."
CONFIRM = "Please confirm"
CONFIRM_POINT = "{number}. {point}"
TO_WHOM = "To whom"
NOBODY_TO_HAND_ON = "Nobody else of your trust can take this case."
WHOM = "Who is it about"
WHOM_HELP = (
    "A report never stays with the person it is about, nor with those who work for them: it may leave your desk."
)
DONE_OR_SKIPPED = "What happened"
STEP_DONE = "It was done"
STEP_SKIPPED = "It is skipped, for the reason written"
ACTED: dict[str, str] = {
    "approve": "Your approval is recorded, and the person who asked is told.",
    "decline": "Your decision is recorded, and the person who asked is told.",
    "ask": "Your question was sent.",
    "say": "Your message was sent.",
    "hand_on": "The case was handed on.",
    "withdraw": "The request is withdrawn.",
    "revise": "The request was changed and goes its way anew.",
    "mark_step": "The step is recorded.",
    "close": "The case is closed, and the person who reported it is told.",
    "name_subject": (
        "It is recorded whom the report is about. If it is not with you any more, it went to somebody independent."
    ),
}
PASSED_ON = "Passed on to {who} in {reference}."
PASSED_ON_RESTRICTED = "Passed on in {reference}. For anything confidential use “Open”."

# Home, lists and look-ups.

HOME_WAITING = "Waiting for me"
HOME_MINE = "My requests and reports"
HOME_TOLD = "Notices"
NOTHING_WAITS = "Nothing waits for you."
NOTHING_MINE = "You have not asked for or reported anything yet."
ALL_OF = "Show all {count}"
MORE = "More"
MENU = "What you can start"
MENU_SAY = "Everything that {title}, {name}, provides for. Not sure which? Ask in your own words."
DRAFT_KEPT = "{title} (draft kept)"
OTHER_SCHOOLS = "For another of your schools:"
REGISTER = "Register of sites"
REGISTER_SAY = "Approved groups, sites and accounts of your school and trust."
REGISTER_ASK = "May I use a site with my pupils?"
REGISTER_HELP = "Its name or service, for example: PE Instagram"
REGISTER_SUBMIT = "Look it up"
REGISTER_YES = (
    "Yes, as approved: “{title}” is open on the register{audience}{until}. Keep to that audience and purpose."
)
REGISTER_NO = "No: no open site of {school} goes by “{asked}”. Do not use it with pupils; ask for it first."
REGISTER_EMPTY = "No site is on the register yet."
REGISTER_OPEN, REGISTER_CLOSED = "Open", "Closed"
REGISTER_PAGE = "The whole register"
SHORT_OF = "Too few {duties} are left. Name others."
PEOPLE = "Who is who"
PEOPLE_SAY = "Who decides, who is told, and who stands in at {school}."
YOUR_MANAGER = "Your line manager"
DEPUTIES = "deputies: {names}"
POLICIES = "The policy"
POLICIES_SAY = "{title}, {name}. AskFirst quotes it clause by clause when you ask."
POLICIES_PAGE = "Read it clause by clause"
RELATED = "Related policies"
RELATED_SAY = "AskFirst quotes what the policy names; the other policies themselves are with the school office."
STORED = "What is stored"
STORED_LINES: tuple[tuple[str, str], ...] = (
    ("Your questions", "In memory only, until 30 minutes without use. Never on disk, unless you give one yourself."),
    ("Drafts of forms", "Sealed, for {days} days after you last changed them; forgotten once sent or discarded."),
    (
        "Requests and decisions",
        "Sealed, with every word and time. You, those who decide and those whom the policy has told can read them. "
        "Kept {routine}.",
    ),
    ("Registers", "Approved sites are open to all staff of the trust; other entries are sealed. Kept {register}."),
    ("Concerns about a person", "Sealed. Kept {concern}."),
    ("Allegations of harm to a child", "Sealed. Kept {allegation}."),
    (
        "Files that you add",
        "The original is sealed with the case; people see a copy without hidden details. Who looks is recorded.",
    ),
    (
        "This chat",
        "What you write here also stands in the chat itself, where whoever runs it may read it. "
        "Of a restricted case it shows the number alone.",
    ),
)
STORED_NOTE = (
    "Nothing here is anonymous: those who handle a report see who made it. The person it is about does not. "
    "To see or correct what is kept about you, ask your school's data protection lead."
)
HELP = "Help"
HELP_LINES: tuple[str, ...] = (
    "Ask in your own words, for example: Can I accept a friend request from a parent? "
    "The answer says what your school's policy says, with the clause.",
    "Where the policy wants permission, a report or a record, the answer leads to the form. "
    "“What you can start” lists everything.",
    "Words that you write in the thread under a case's card go to the people of that case.",
)
AWAY = "I'm away"
AWAY_SAY = (
    "Say until when, and who decides meanwhile. "
    "Nobody can stand in for their own request, or for a concern about themselves."
)
AWAY_NOW = "You are away until {until}. {who} decides."
AWAY_LATER = "You are away from {since} until {until}. {who} decides."
AWAY_FOR = "You decide at present for {people}."
AWAY_SINCE, AWAY_UNTIL, AWAY_WHO = "First day away", "Day you are back", "Who decides"
AWAY_DAY = "Please give a day, such as 30/11/2026."
AWAY_CHOOSE = "Please choose who decides while you are away."
AWAY_SUBMIT = "Record it"
AWAY_DONE = "It is recorded."
AM_BACK = "I am back"
WELCOME_BACK = "It is recorded that you are back."
HOME_COMMON = "Often asked"
COMMON = (
    "Can I accept a friend request from a parent?",
    "A pupil has sent me a friend request. What do I do?",
    "May I post a photo of my class on my own Instagram?",
    "A journalist has messaged me about the school. What do I do?",
    "How do I set up a social media page for my class?",
)
"""Asked by a button, as if they had been written."""
COMMON_TITLE = "Your question"
HOME_ASK = "Write your question to AskFirst as a message. Asking is not reporting: nobody can see who asked what."
