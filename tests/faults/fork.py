"""Lives as forked processes: the parent holds no thread and no connection, so that each begins as a fresh one."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable


def fork(live: Callable[[], None]) -> int:
    """Begin a life; its process number. It ends by itself or is killed, and runs no exit handler of the parent."""
    gc.freeze()
    number = os.fork()
    if number == 0:
        faulthandler.register(signal.SIGUSR1)
        try:
            live()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(70)
        os._exit(0)
    return number


def stacks(process: int) -> None:
    """Have a life that hangs print where its threads are."""
    os.kill(process, signal.SIGUSR1)
    time.sleep(0.5)


def kill(process: int) -> None:
    """kill -9."""
    os.kill(process, signal.SIGKILL)


def ended(process: int, seconds: float) -> int | None:
    """How a life ended: 0, or minus the signal that killed it. None where it still lives after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            return None
        time.sleep(0.002)
