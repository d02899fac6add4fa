"""`kb` commands: check, matrix, show, stamp."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from bot.errors import BadInput
from bot.settings import Settings
from policy_kb import checks, kfold, loader, stamp, worked
from policy_kb.compiled import build_normaliser
from policy_kb.embedding import Embedder, EmbedderUnusable
from policy_kb.issues import KnowledgeBaseFaulty, did_you_mean
from policy_kb.model import KnowledgeBase


def add_commands(commands: Any) -> None:
    """Register the `kb` sub-commands on an argparse sub-parser object."""
    kb = commands.add_parser("kb", help="check, tabulate or show the knowledge base")
    parts = kb.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = parts.add_parser("check", help="every fault at once, with file, line and cure; then held-out recognition")
    check.add_argument("--quick", action="store_true", help="leave out the held-out recognition")
    check.set_defaults(run=_check)
    parts.add_parser("matrix", help="verdict of every topic under every policy").set_defaults(run=_matrix)
    show = parts.add_parser("show", help="a clause, verbatim, with the topics that cite it")
    show.add_argument("clause", help="for example att:5.4 or tlt-guidelines:B.5")
    show.set_defaults(run=_show)
    stamping = parts.add_parser("stamp", help="write clause hashes into the rulings")
    stamping.add_argument("--accept", action="store_true", help="also renew those whose clause has changed")
    stamping.set_defaults(run=_stamp)


def _check(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    knowledge = loader.load()
    faults = [*checks.run(knowledge), *worked.faults(knowledge)]
    if faults:
        raise KnowledgeBaseFaulty(faults)
    print(_summary(knowledge))
    if options.quick:
        return 0
    try:
        report = kfold.run(knowledge, build_normaliser(knowledge), Embedder())
    except EmbedderUnusable as error:
        raise BadInput(str(error)) from error
    print(report.text())
    return 0 if report.sound else 1


def _summary(kb: KnowledgeBase) -> str:
    clauses = sum(len(p.clauses) for p in kb.policies.values())
    rulings = [r for p in kb.policies.values() for r in p.rulings.values()]
    examples = sum(len(t.examples) for t in kb.topics.values())
    return (
        f"sound: {len(kb.policies)} policies, {clauses} clauses, {len(kb.topics)} topics with {examples:,} examples, "
        f"{len(rulings)} rulings, {sum(map(len, kb.background.values()))} other subjects"
    )


def _matrix(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    knowledge = loader.load()
    policies = list(knowledge.policies.values())
    width = max(map(len, knowledge.topics))
    print(f"{'topic':<{width}}  " + "  ".join(f"{p.id:<15}" for p in policies).rstrip())
    for slug in knowledge.topics:
        cells = "  ".join(f"{p.rulings[slug].verdict.value:<15}" for p in policies)
        print(f"{slug:<{width}}  {cells.rstrip()}")
    return 0


def _show(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    knowledge = loader.load()
    every = {c.id: c for p in knowledge.policies.values() for c in p.clauses.values()}
    wanted = options.clause.strip()
    shown = [c for i, c in every.items() if i == wanted or i.startswith(f"{wanted}.")]
    if not shown:
        raise BadInput(f"unknown clause {wanted[:40]!r}; {did_you_mean(wanted, every, 'a clause looks like att:5.4')}")
    for clause in shown:
        print(f"{clause.id}  ({'; '.join(clause.headings)})  hash {clause.hash}")
        for line in clause.lines:
            print(textwrap.fill(line, 100, initial_indent="    ", subsequent_indent="    "))
        for policy in knowledge.policies.values():
            for slug, ruling in policy.rulings.items():
                if any(c.clause == clause.id for o in ruling.outcomes() for c in o.cite):
                    print(f"  cited by {slug}: {ruling.verdict.value}")
        print()
    return 0


def _stamp(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    for change in stamp.stamp(accept=options.accept):
        print(change)
    return 0
