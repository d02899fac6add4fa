"""Writing clause hashes into the rulings, so that a changed clause makes its rulings suspect."""

from __future__ import annotations

import re
from pathlib import Path

from policy_kb.loader import DATA_FOLDER, load
from policy_kb.model import Policy

_CITED = re.compile(r'"(?P<clause>[a-z0-9-]+:[A-Za-z0-9.]+)(?:@(?P<hash>[0-9a-f]+))?"')


def stamp(root: Path = DATA_FOLDER, accept: bool = False) -> list[str]:
    """Add missing hashes to every rulings file; with accept, also renew those of changed clauses.

    Returns one line per change. Only quoted clause ids inside `cite:` lines are touched. Raises KnowledgeBaseFaulty.
    """
    changes: list[str] = []
    for policy in load(root).policies.values():
        path = root / "policies" / policy.id / "rulings.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for i, line in enumerate(lines):
            if "cite:" in line:
                lines[i] = _stamp_line(line, policy, accept, f"{path.relative_to(root)}:{i + 1}", changes)
        path.write_text("".join(lines), encoding="utf-8")
    return changes


def _stamp_line(line: str, policy: Policy, accept: bool, where: str, changes: list[str]) -> str:
    def renew(match: re.Match[str]) -> str:
        clause = policy.clauses.get(match["clause"])
        if clause is None or match["hash"] == clause.hash or (match["hash"] and not accept):
            return match[0]
        changes.append(f"{where}: {clause.id} {'renewed' if match['hash'] else 'stamped'}")
        return f'"{clause.id}@{clause.hash}"'

    return _CITED.sub(renew, line)
