"""What goes wrong at Slack when a test says so, and how many messages a channel takes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Fault:
    """status: of HTTP; 200 with an error is `{"ok": false}`. done: the work is done, and only the answer is lost.

    seconds: of Retry-After. hang: real seconds before anything is answered. body: instead of JSON, such as HTML.
    late: nothing is wrong but the time that it takes.
    """

    method: str
    status: int = 200
    error: str = ""
    seconds: int = 1
    done: bool = False
    hang: float = 0
    body: str | None = None
    late: bool = False
    times: int = 1


@dataclass
class Faults:
    """patient: no limit on how fast messages come. burst: messages that a channel takes within as many seconds."""

    patient: bool = False
    burst: int = 10
    _planned: list[Fault] = field(default_factory=list)
    _posted: dict[str, deque[datetime]] = field(default_factory=dict)

    def plan(self, fault: Fault) -> None:
        """Let the next call of a method ("*": of any) go wrong."""
        self._planned.append(fault)

    def clear(self) -> None:
        """All is well again."""
        self._planned.clear()

    def take(self, method: str) -> Fault | None:
        """What goes wrong with this call."""
        for fault in self._planned:
            if fault.method in (method, "*"):
                fault.times -= 1
                if fault.times <= 0:
                    self._planned.remove(fault)
                return fault
        return None

    def wait(self, channel: str, now: datetime) -> int | None:
        """Seconds until the channel takes another message: about one a second, with bursts (rate-limits page)."""
        posted = self._posted.setdefault(channel, deque())
        while posted and now - posted[0] >= timedelta(seconds=self.burst):
            posted.popleft()
        if not self.patient and len(posted) >= self.burst:
            return max(1, round((posted[0] + timedelta(seconds=self.burst) - now).total_seconds()))
        posted.append(now)
        return None
