"""Who is one person: accounts bound to the same browser, and browsers bound to the same account."""

from __future__ import annotations

from collections.abc import Iterable


def group(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each mark in `pairs` the mark that stands for the whole person.

    It is the smallest of all marks that hang together, so it does not depend on the order.
    """
    leader: dict[str, str] = {}

    def find(mark: str) -> str:
        root = mark
        while leader.setdefault(root, root) != root:
            root = leader[root]
        while leader[mark] != root:
            leader[mark], mark = root, leader[mark]
        return root

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    return {mark: find(mark) for mark in list(leader)}
