"""Sentences that only Slack needs: about buttons that came too late, files, commands."""

from __future__ import annotations

PRESS_AGAIN = "That took too long, so Slack did not open it. Nothing was changed. Please press it again."
NOT_RECORDED = (
    "This was not recorded: AskFirst could not write it down just now. Nothing was sent. Please send it again in a "
    "minute. If it cannot wait, tell the person by telephone; if somebody may be in danger, call 999."
)
NOT_SURE = (
    "AskFirst did not finish in time. Please press the button again: what was recorded already is not recorded twice. "
    "If it cannot wait, tell the person by telephone; if somebody may be in danger, call 999."
)
NOT_DONE = "This could not be done just now, and nothing was changed. Please try again in a minute."
NO_FILES_IN_CHAT = (
    "Files sent in a message are not looked at, kept or passed on. A form asks for files where they belong to it, "
    "after one question about what they show."
)
FILE_NOT_READ = "A file could not be fetched from Slack. Take it out, or add it again and send the form once more."
FILE_ELSEWHERE = "A file that is kept outside Slack cannot be added. Save it on your device and add it from there."
DONE_TITLE = "Done"
DONE = "It is done. You can close this window."
MOMENT_TITLE = "One moment"
MOMENT = "One moment, please. What you sent is being worked on."
NOT_SENT_TITLE = "Not sent"
TAKEN_BACK = "This case is not shown here any more."
UNKNOWN_WORKSPACE = "AskFirst is not set up for this workspace. Ask whoever runs it at your school."
USAGE = (
    "Write your question after the command, for example: {command} Can I add a parent on Facebook? "
    "Or one of these words: mine, waiting, new, register, away, policies."
)

PROMPTS_TITLE = "For example"

COMMANDS: dict[str, str] = {
    "mine": "mine",
    "requests": "mine",
    "waiting": "waiting",
    "new": "menu",
    "start": "menu",
    "menu": "menu",
    "register": "register",
    "sites": "register",
    "away": "away",
    "back": "back",
    "policies": "policies",
    "policy": "policies",
}
"""What a word after the command stands for, as a button's `do`."""
