"""The command line: ask, the knowledge base's checks, and the local web chat. Prints for people."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import audit_cli, feedback_cli, kb_cli, org_cli, passwords_cli, privacy_cli
from bot.core import Bot
from bot.errors import BadInput
from bot.organisation_file import load_organisation
from bot.settings import Settings, read_settings
from policy_kb.compiled import prepare
from policy_kb.issues import KnowledgeBaseFaulty
from policy_kb.normalise import MAX_CHARACTERS
from policy_kb.reading import Context

Serve = Callable[[Bot, Settings], None]
More = Callable[[Any, Callable[[], datetime]], None]
"""Registers commands of rooms that this one does not know, on an argparse sub-parser object."""

MAX_LINE = 200_000
"""Longest line of a batch file that is parsed, in characters: far above any conversation, far below trouble."""

_HELP = """\
AskFirst answers questions about a school's social media policy, with the clause quoted.

  python app.py ask --policy tlt "Can I add a pupil on Facebook?"
  python app.py ask --policy tlt --json "..."        one JSON object
  python app.py ask --batch questions.jsonl          one JSON object a line: {"id", "policy", "turns": [...]}
  python app.py serve                                the local web chat
  python app.py kb check                             is the knowledge base sound?
  python app.py kb matrix                            every topic under every policy
  python app.py kb show att:5.4                      a clause and the topics that cite it
  python app.py org check                            is the organisation file sound, and is every role held?
  python app.py org import STAFF.csv --on DAY        what a staff list would change; --write does it
  python app.py passwords set PERSON                 let a person sign in, where ASKFIRST_PASSWORDS names a file
  python app.py passwords second-factor PERSON       what they put into their authenticator app, for restricted cases
  python app.py audit verify                         is the record of all cases whole?
  python app.py audit export --out FILE              the record as CSV, JSON or (of one case) PDF
  python app.py audit anchor --out FILE              a daily line that shows what was cut off later
  python app.py privacy due                          cases whose time has come to be looked at
  python app.py privacy export PERSON --out FOLDER   what a person made and wrote
  python app.py feedback list                        questions that were not answered, given by their askers
  python app.py doctor slack                         what keeps Slack (or teams) from working, with the cure
  python app.py slack manifest                       what makes the Slack app
  python app.py teams package --help                the zip that an administrator uploads to Teams
"""


class BatchLine(BaseModel):
    """One conversation of a batch file."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(max_length=200)
    policy: str
    turns: list[str] = Field(min_length=1, max_length=50)


def main(arguments: list[str], serve: Serve, more: More | None = None) -> int:
    """Run one command; returns the exit status. Faults go to standard error, one line each."""
    options = _parser(more).parse_args(arguments)
    if not hasattr(options, "run"):
        print(_HELP, end="")
        return 2
    try:
        settings = read_settings()
        return int(options.run(options, settings, serve))
    except BadInput as error:
        return max(fail(line) for line in str(error).splitlines() or [""])
    except KnowledgeBaseFaulty as error:
        for issue in error.issues:
            fail(str(issue))
        return fail("the knowledge base has faults; `python app.py kb check` lists them")
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def fail(message: str) -> int:
    """One line on standard error; the exit status for bad input."""
    print(f"error: {printable(message)}", file=sys.stderr)
    return 2


def printable(text: str) -> str:
    """One line without control characters, fit for a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def ready_bot(settings: Settings, quiet: bool = False) -> Bot:
    """The bot, compiled if need be with progress on standard error."""

    def progress(step: str) -> None:
        if not quiet:
            print(f"  {step} ...", file=sys.stderr, flush=True)

    return Bot(prepare(settings.cache, progress=progress), settings.signpost)


class _Parser(argparse.ArgumentParser):
    """Refuses in one line that says the cure and repeats nothing: what was typed may be somebody's question."""

    def error(self, message: str) -> NoReturn:
        """Say so and end with status 2."""
        if message.startswith("unrecognized arguments"):
            message = (
                "too many words or an unknown option; put a question in quotation marks, the policy after --policy"
            )
        message = _CHOICE.sub(r"not one of \1", message).replace("argument COMMAND: not", "unknown command; use")
        self.exit(fail(f"{message}; `python {self.prog} --help` says more"))


_CHOICE = re.compile(r"invalid choice: .* \(choose from (.*)\)", re.DOTALL)


def _parser(more: More | None) -> argparse.ArgumentParser:
    parser = _Parser(prog="app.py", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    ask = commands.add_parser("ask", help="answer a question, or a file of them")
    ask.add_argument("question", nargs="?", help="the question, in quotation marks")
    ask.add_argument("--policy", help="which policy: agora, tlt, gcc or att")
    ask.add_argument("--json", action="store_true", help="print one JSON object")
    ask.add_argument("--batch", type=Path, metavar="FILE", help="answer a file of JSON lines ('-' for standard input)")
    ask.set_defaults(run=_ask)
    serving = commands.add_parser("serve", help="open the local web chat")
    serving.add_argument("--port", type=int, help="port on this machine (default 8080)")
    serving.set_defaults(run=_serve)
    health = commands.add_parser("health", help="one line: what works")
    health.set_defaults(run=_health)
    kb_cli.add_commands(commands)
    org_cli.add_commands(commands, lambda: datetime.now(UTC).date())
    passwords_cli.add_commands(commands)
    audit_cli.add_commands(commands, lambda: datetime.now(UTC))
    privacy_cli.add_commands(commands, lambda: datetime.now(UTC))
    feedback_cli.add_commands(commands, lambda: datetime.now(UTC))
    if more is not None:
        more(commands, lambda: datetime.now(UTC))
    return parser


def _ask(options: argparse.Namespace, settings: Settings, _: Serve) -> int:
    if options.batch is not None:
        if options.question or options.policy:
            raise BadInput("--batch takes the policy and questions from the file; leave out --policy and the question")
        return _batch(options.batch, settings)
    if options.question is None:
        raise BadInput('no question; for example: python app.py ask --policy tlt "Can I add a pupil on Facebook?"')
    if not options.policy:
        raise BadInput("no policy; add --policy agora, tlt, gcc or att")
    bot = ready_bot(settings)
    line = _answer_turn(bot, options.policy, options.question, None)[0]
    print(json.dumps(line, ensure_ascii=False) if options.json else line["text"])
    return 0


def _answer_turn(bot: Bot, policy: str, text: str, before: Context | None) -> tuple[dict[str, Any], Context | None]:
    """The contract's object for one turn, with the milliseconds it took, and the context for the next."""
    started = time.perf_counter()
    turn = bot.ask(policy, text, before)
    line = turn.answer.contract()
    line["millis"] = round((time.perf_counter() - started) * 1000, 2)
    return line, turn.context


def _batch(path: Path, settings: Settings) -> int:
    try:
        source: TextIO = sys.stdin if str(path) == "-" else path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read ({error.strerror}); check the path") from error
    bot = ready_bot(settings)
    status = 0
    with source:
        for number, line in _lines(source):
            if not line.strip():
                continue
            try:
                print(json.dumps(_conversation(bot, line), ensure_ascii=False), flush=True)
            except BadInput as error:
                status = fail(f"line {number}: {error}")
    return status


def _lines(source: TextIO) -> Iterator[tuple[int, str]]:
    """Numbered lines; an over-long one is cut just above MAX_LINE, so that it is refused without being held whole."""
    number = 0
    while line := source.readline(MAX_LINE + 1):
        number += 1
        rest = line
        while rest and not rest.endswith("\n"):
            rest = source.readline(MAX_LINE + 1)
        yield number, line


def _conversation(bot: Bot, line: str) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise BadInput(f"longer than {MAX_LINE:,} characters; shorten the questions to {MAX_CHARACTERS:,} or fewer")
    try:
        item = BatchLine.model_validate(json.loads(line))
    except (json.JSONDecodeError, RecursionError):
        raise BadInput('not JSON; a line looks like {"id": "1", "policy": "tlt", "turns": ["..."]}') from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "line"
        raise BadInput(f"{place}: {fault['msg'].lower()}") from None
    bot.policy(item.policy)
    answers = []
    context: Context | None = None
    for number, text in enumerate(item.turns, 1):
        try:
            answer, context = _answer_turn(bot, item.policy, text, context)
        except BadInput as error:
            raise BadInput(f"turn {number}: {error}") from error
        answers.append(answer)
    return {"id": item.id, "answers": answers}


def _health(options: argparse.Namespace, settings: Settings, _: Serve) -> int:
    print(ready_bot(settings).ready.health)
    return 0


def _serve(options: argparse.Namespace, settings: Settings, serve: Serve) -> int:
    if options.port is not None:
        if not 0 <= options.port <= 65535:
            raise BadInput("--port: a number from 0 to 65535")
        settings = settings.model_copy(update={"port": options.port})
    load_organisation(settings.organisation)
    serve(ready_bot(settings), settings)
    return 0
