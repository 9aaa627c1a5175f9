"""`python -m tests.fakes.horde --port N --journal FILE`: the fake Horde as a process of its own.

Prints its address as the first line, and serves until it is told to end. It is steered through
`POST /_fake/{set,fail,heal,finish,fault,expire}` with JSON.
"""

from __future__ import annotations

from tests.fakes.horde.server import FakeHorde
from tests.fakes.terminal import parser_of, serve


def main() -> None:
    parser = parser_of("horde", __doc__)
    parser.add_argument("--seconds", type=float, default=0.2, help="time a request takes")
    options = parser.parse_args()
    horde = FakeHorde(seconds=options.seconds, port=options.port, journal=options.journal)
    serve(horde, lambda: horde.url)


if __name__ == "__main__":
    main()
