"""What Slack's libraries write into the log: their kind alone, for they repeat bodies, texts and tokens (SECURITY T14).

slack_bolt logs the whole body of a request with a wrong signature; slack_sdk puts what Slack answered into its errors.
"""

from __future__ import annotations

import logging

LIBRARIES = ("slack_bolt", "slack_sdk", "aiohttp")
log = logging.getLogger("askfirst.slack")


class _KindOnly(logging.Handler):
    """Says that something was told, and by whom."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "note"
        log.log(record.levelno, "%s of %s:%s", fault, record.name.partition(".")[0], record.lineno)


def hush() -> logging.Logger:
    """Make the libraries wordless, once, and return the log that is handed to them."""
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.setLevel(logging.WARNING)
        if not any(isinstance(handler, _KindOnly) for handler in library.handlers):
            library.addHandler(_KindOnly(logging.WARNING))
        library.propagate = False
    return logging.getLogger("slack_bolt.askfirst")


def told(what: str, error: BaseException) -> None:
    """A fault of ours or of Slack's: what was being done, and the error's name; never its words."""
    log.error("%s: %s", what, type(error).__name__)
