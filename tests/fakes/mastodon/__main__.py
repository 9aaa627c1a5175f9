"""`python -m tests.fakes.mastodon --port N --flavour NAME`: the fake as a process of its own.

Prints its address and the bot's token, and serves until it is told to end. It is steered through
`POST /_fake/{say,delete,drop_streams,fail,posts}` with JSON, for example
`curl -d '{"acct": "ann@elsewhere.example", "text": "draw for me a fox"}' URL/_fake/say`.
"""

from __future__ import annotations

from tests.fakes.mastodon import FLAVOURS, FakeMastodon
from tests.fakes.terminal import parser_of, serve


def main() -> None:
    parser = parser_of("mastodon", __doc__)
    parser.add_argument("--flavour", choices=FLAVOURS, default="mastodon", help="which software")
    options = parser.parse_args()
    flavour = FLAVOURS[options.flavour]
    server = FakeMastodon(flavour, port=options.port, journal=options.journal)
    serve(server, lambda: f"{server.url} {server.token}")


if __name__ == "__main__":
    main()
