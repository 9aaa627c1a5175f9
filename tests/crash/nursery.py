"""`python -m tests.crash.nursery SPEED EPOCH ALSO…`: starts the real program, again and again.

What the program imports is imported once; each start is a fork that runs `hordebots …` from its
`main` on, in a session of its own. Before the first import this process lives by another pace, and
a hook at the database driver's commit counts commits and ends the process at the one it is told.

It reads one JSON line a start, `{"argv", "board", "log"}` and perhaps `typed` (a file: what is typed
to the program), and answers with the process id. `ALSO` are further modules to import once.
"""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path

from tests.crash.board import Board
from tests.crash.pace import Pace, live_by

IMPORTED = (
    "alembic.command",
    "asyncpg",
    "bots.__main__",
    "bots.cli.loop",
    "bots.program",
    "common.running.logs",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "tests.fakes.chat_adapter",
)
"""What `hordebots run` imports late: once here instead of at every start."""


PR_SET_PDEATHSIG = 1
"""Linux's number of "send me this signal when my parent ends"."""
DIED = "struck at the commit of"
"""Last line in the log of a process that ends at a commit; what it had written last follows."""


class Clock:
    """By how much the wall clock of this process is wrong; its board says, once it has one."""

    board: Board | None = None

    def ahead(self) -> float:
        return 0.0 if self.board is None else self.board.ahead()


def hook_commits(board: Board) -> None:
    """Count the commits of all databases of this process, and die where the board says."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.default import DefaultDialect

    commit = DefaultDialect.do_commit
    last: dict[int, str] = {}

    @event.listens_for(Engine, "before_cursor_execute")
    def _remember(connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            words = statement.replace("INTO ", "").replace("FROM ", "").split(maxsplit=2)
            last[id(connection.connection)] = " ".join(words[:2])

    def die(connection):
        print(f"{DIED} {last.get(id(connection), 'nothing')}", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    def counted(self, connection):
        if board.begin_commit():
            die(connection)
        commit(self, connection)
        if board.end_commit():
            die(connection)
        last.pop(id(connection), None)

    DefaultDialect.do_commit = counted


def run(order: dict, clock: Clock) -> None:
    """Be the program; end when whoever started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    typed = os.open(order.get("typed", os.devnull), os.O_RDONLY)
    for number, handle in ((0, typed), (1, log), (2, log)):
        os.dup2(handle, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (the one there has read what was meant for us)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    clock.board = Board(Path(order["board"]))
    hook_commits(clock.board)
    sys.argv = ["hordebots", *order["argv"]]
    code = 1
    try:
        sys.modules["bots.__main__"].main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  (it is the last thing this process does)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    clock = Clock()
    live_by(Pace(float(sys.argv[1]), float(sys.argv[2])), ahead=clock.ahead)
    for name in (*IMPORTED, *sys.argv[3:]):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's business here
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line), clock)
        print(child, flush=True)


if __name__ == "__main__":
    main()
