"""A thousand ways to spoil a record, each with what a check must name."""

# ruff: noqa: S608 - the columns are this file's own, and the same trials are wanted each time

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bot.store.records import START as FIRST
from bot.store.records import event_hash
from bot.store.schema import Utc


@dataclass(frozen=True)
class Sealed:
    """A finished record in a folder: the number and id of each case by what it is, and the anchors' lines outside."""

    folder: Path
    cases: dict[str, str]
    ids: dict[str, str]
    outside: list[dict[str, object]]


@dataclass(frozen=True)
class Spoilt:
    """Where a check must point to: the name, and the event where one event is wrong."""

    where: str
    seq: int | None = None


class Vandal:
    """Somebody who can write into the file and knows how the chain is computed, but has no key."""

    def __init__(self, file: Path, sealed: Sealed, chance: random.Random) -> None:
        self.db = sqlite3.connect(file, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("BEGIN")
        self.sealed = sealed
        self.chance = chance
        for (trigger,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.db.execute(f"DROP TRIGGER {trigger}")

    def spoil(self) -> Spoilt:
        """One act of spoiling, drawn by chance."""
        ways = [getattr(self, name) for name in sorted(dir(self)) if name.startswith("way_")]
        spoilt: Spoilt = self.chance.choice(ways)()
        self.db.execute("COMMIT")
        self.db.close()
        return spoilt

    def _case(self, least: int = 1) -> tuple[str, str, int]:
        """Number, id and length of some case with so many events."""
        rows = self.db.execute("SELECT reference, id, version FROM cases WHERE version >= ?", (least,)).fetchall()
        found: tuple[str, str, int] = self.chance.choice(sorted(rows))
        return found

    def _rehash(self, case: str) -> None:
        """Compute the chain anew, as somebody who read this source would."""
        prev, seq = FIRST, 0
        rows = self.db.execute("SELECT seq, at, type, sealed FROM case_events WHERE case_id = ? ORDER BY seq", (case,))
        for seq, at, kind, body in rows.fetchall():
            moment = Utc().process_result_value(at, None)
            assert moment is not None
            link = event_hash(prev, case, seq, moment, kind, body)
            self.db.execute("UPDATE case_events SET prev=?, hash=? WHERE case_id=? AND seq=?", (prev, link, case, seq))
            prev = link
        self.db.execute("UPDATE cases SET head = ?, version = ? WHERE id = ?", (prev, seq, case))

    def _edit(self, case: str, seq: int) -> None:
        column = self.chance.choice(["sealed", "at", "type", "prev", "hash"])
        (old,) = self.db.execute(
            f"SELECT {column} FROM case_events WHERE case_id = ? AND seq = ?",
            (case, seq),
        ).fetchone()
        if column == "at":
            new = old + self.chance.choice([-1, 1, 3_600_000_000, -86_400_000_000])
        elif column == "type":
            new = self.chance.choice([kind for kind in ("said", "signed", "declined", "x") if kind != old])
        else:
            new = _flip(old, self.chance) if column == "sealed" else _flip(bytes.fromhex(old), self.chance).hex()
        self.db.execute(f"UPDATE case_events SET {column} = ? WHERE case_id = ? AND seq = ?", (new, case, seq))

    def way_edit(self) -> Spoilt:
        reference, case, length = self._case()
        seq = self.chance.randint(1, length)
        self._edit(case, seq)
        return Spoilt(reference, seq)

    def way_edit_and_rehash(self) -> Spoilt:
        reference, case, length = self._case()
        seq = self.chance.randint(1, length)
        flip = self.chance.choice(["sealed", "type"])
        (body,) = self.db.execute("SELECT sealed FROM case_events WHERE case_id=? AND seq=?", (case, seq)).fetchone()
        new = _flip(body, self.chance) if flip == "sealed" else "said"
        if flip == "type":
            self.db.execute(
                "UPDATE case_events SET type = 'said' WHERE case_id=? AND seq=? AND type <> 'said'", (case, seq)
            )
            if self.db.execute("SELECT changes()").fetchone()[0] == 0:
                new, flip = _flip(body, self.chance), "sealed"
        if flip == "sealed":
            self.db.execute("UPDATE case_events SET sealed = ? WHERE case_id = ? AND seq = ?", (new, case, seq))
        self._rehash(case)
        return Spoilt(reference)

    def way_delete(self) -> Spoilt:
        reference, case, length = self._case(2)
        seq = self.chance.randint(1, length)
        self.db.execute("DELETE FROM case_events WHERE case_id = ? AND seq = ?", (case, seq))
        return Spoilt(reference, seq)

    def way_delete_and_close_the_gap(self) -> Spoilt:
        reference, case, length = self._case(2)
        seq = self.chance.randint(1, length)
        self.db.execute("DELETE FROM case_events WHERE case_id = ? AND seq = ?", (case, seq))
        for later in range(seq + 1, length + 1):
            self.db.execute("UPDATE case_events SET seq = ? WHERE case_id = ? AND seq = ?", (later - 1, case, later))
        self._rehash(case)
        return Spoilt(reference)

    def _swap(self, case: str, one: int, other: int) -> None:
        for old, new in ((one, -1), (other, one), (-1, other)):
            self.db.execute("UPDATE case_events SET seq = ? WHERE case_id = ? AND seq = ?", (new, case, old))

    def way_reorder(self) -> Spoilt:
        reference, case, length = self._case(2)
        one, other = sorted(self.chance.sample(range(1, length + 1), 2))
        self._swap(case, one, other)
        return Spoilt(reference, one)

    def way_reorder_and_rehash(self) -> Spoilt:
        reference, case, length = self._case(2)
        self._swap(case, *self.chance.sample(range(1, length + 1), 2))
        self._rehash(case)
        return Spoilt(reference)

    def way_truncate(self) -> Spoilt:
        reference, case, length = self._case(2)
        first = self.chance.randint(2, length)
        self.db.execute("DELETE FROM case_events WHERE case_id = ? AND seq >= ?", (case, first))
        return Spoilt(reference, first)

    def way_truncate_and_rehash(self) -> Spoilt:
        reference, case, length = self._case(2)
        first = self.chance.randint(2, length)
        self.db.execute("DELETE FROM case_events WHERE case_id = ? AND seq >= ?", (case, first))
        self._rehash(case)
        return Spoilt(reference)

    def way_all_events(self) -> Spoilt:
        reference, case, _ = self._case()
        self.db.execute("DELETE FROM case_events WHERE case_id = ?", (case,))
        return Spoilt(reference, 1)

    def way_whole_case(self) -> Spoilt:
        reference, case, _ = self._case()
        for table in ("case_events", "case_keys", "signatures", "outbox", "timers", "register", "evidence"):
            self.db.execute(f"DELETE FROM {table} WHERE case_id = ?", (case,))
        self.db.execute("DELETE FROM cases WHERE id = ?", (case,))
        return Spoilt(reference)

    def way_case_row(self) -> Spoilt:
        reference, case, _ = self._case()
        self.db.execute("DELETE FROM cases WHERE id = ?", (case,))
        return Spoilt(reference)

    def way_forged_event(self) -> Spoilt:
        reference, case, length = self._case()
        body = self.chance.randbytes(200)
        values = (case, length + 1, "harbour", 1_800_000_000_000_000, "said", body, "", "")
        self.db.execute("INSERT INTO case_events VALUES (?,?,?,?,?,?,?,?)", values)
        self._rehash(case)
        return Spoilt(reference, length + 1)

    def way_event_of_another_case(self) -> Spoilt:
        reference, case, length = self._case()
        (other,) = self.chance.choice(
            sorted(self.db.execute("SELECT sealed FROM case_events WHERE case_id <> ?", (case,)).fetchall())
        )
        seq = self.chance.randint(1, length)
        self.db.execute("UPDATE case_events SET sealed = ? WHERE case_id = ? AND seq = ?", (other, case, seq))
        self._rehash(case)
        return Spoilt(reference)

    def way_case_column(self) -> Spoilt:
        reference, case, _ = self._live()
        column, value = self.chance.choice(
            [("state", "gone"), ("requester", "0" * 64), ("held", 1), ("tenant", "nowhere"), ("school", "hub"),
             ("reference", "AF-2222-2222"), ("ended_at", 1), ("procedure", "x"), ("head", "0" * 64), ("version", 99)]
        )  # fmt: skip
        self.db.execute(f"UPDATE cases SET {column} = ? WHERE id = ?", (value, case))
        return Spoilt(reference)

    def way_case_summary(self) -> Spoilt:
        reference, case, _ = self._live()
        (old,) = self.db.execute("SELECT sealed FROM cases WHERE id = ?", (case,)).fetchone()
        self.db.execute("UPDATE cases SET sealed = ? WHERE id = ?", (_flip(old, self.chance), case))
        return Spoilt(reference)

    def way_key(self) -> Spoilt:
        reference, case, _ = self._live()
        if self.chance.random() < 0.5:
            self.db.execute("DELETE FROM case_keys WHERE case_id = ?", (case,))
        else:
            self.db.execute("UPDATE case_keys SET wrapped = ? WHERE case_id = ?", (self.chance.randbytes(61), case))
        return Spoilt(reference)

    def _live(self) -> tuple[str, str, int]:
        rows = self.db.execute("SELECT reference, id, version FROM cases WHERE erased_at IS NULL").fetchall()
        found: tuple[str, str, int] = self.chance.choice(sorted(rows))
        return found

    def way_unmarked_erasure(self) -> Spoilt:
        case = self.sealed.ids["erased"]
        self.db.execute("UPDATE cases SET erased_at = NULL WHERE id = ?", (case,))
        return Spoilt(self.sealed.cases["erased"])

    def way_file(self) -> Spoilt:
        case = self.sealed.ids["with-file"]
        change = self.chance.choice(["DELETE FROM evidence", "UPDATE evidence SET original = x'0102'"])
        self.db.execute(f"{change} WHERE case_id = ?", (case,))
        return Spoilt(self.sealed.cases["with-file"])

    def _anchor(self) -> tuple[str, int]:
        rows = self.db.execute("SELECT tenant, number FROM chain_anchors").fetchall()
        found: tuple[str, int] = self.chance.choice(sorted(rows))
        return found

    def way_anchor_edited(self) -> Spoilt:
        tenant, number = self._anchor()
        column, value = self.chance.choice([("at", 7), ("cases", 77), ("digest", "0" * 64), ("hash", "0" * 64)])
        self.db.execute(
            f"UPDATE chain_anchors SET {column} = ? WHERE tenant = ? AND number = ?",
            (value, tenant, number),
        )
        return Spoilt(f"anchor {number} of {tenant}")

    def way_anchor_noted_heads(self) -> Spoilt:
        tenant, number = self.chance.choice(
            sorted(self.db.execute("SELECT DISTINCT tenant, number FROM anchored_heads").fetchall())
        )
        self.db.execute("DELETE FROM anchored_heads WHERE tenant = ? AND number = ?", (tenant, number))
        return Spoilt(f"anchor {number} of {tenant}")

    def way_anchors_cut_off(self) -> Spoilt:
        """The end of a case, and every anchor that saw it: only the lines kept outside know."""
        _, case, length = self._case(2)
        (tenant,) = self.db.execute("SELECT tenant FROM cases WHERE id = ?", (case,)).fetchone()
        self.db.execute("DELETE FROM case_events WHERE case_id = ? AND seq = ?", (case, length))
        self._rehash(case)
        self.db.execute("DELETE FROM anchored_heads WHERE tenant = ?", (tenant,))
        self.db.execute("DELETE FROM chain_anchors WHERE tenant = ?", (tenant,))
        return Spoilt(f"anchor 1 of {tenant}")


def _flip(body: bytes, chance: random.Random) -> bytes:
    place_ = chance.randrange(len(body))
    return body[:place_] + bytes([body[place_] ^ 1 << chance.randrange(8)]) + body[place_ + 1 :]
