"""The page of figures names what there is, with its labels, and labels have a bound."""

from __future__ import annotations

import re
from pathlib import Path

from bots.operator.metrics import UNKNOWN, Figures, Gauges
from common.errors import HordeRejected, HordeUnreachable
from worker.events import Measured
from worker.status.pages import Figures as WorkerFigures
from worker.status.standing import Standing
from worker.system.cards import Memory

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "metrics.md").read_text("utf-8")
ROW = re.compile(r"^\| `(hordebots_\w+)` \| ([\w, ]*?) ?\|", re.MULTILINE)
WORKERS = "hordebots_worker_"
DOCUMENTED = {
    name: set(filter(None, (label.strip() for label in labels.split(","))))
    for name, labels in ROW.findall(PAGE)
}


def families(figures):
    """Return all figures with their labels, as the registry has them."""
    found = {}
    for collector in figures.registry._collector_to_names:
        labels = getattr(collector, "_labelnames", None)
        if labels is not None:
            suffix = "_total" if collector._type == "counter" else ""
            found[f"{collector._name}{suffix}"] = set(labels)
    return found


def test_page_has_every_figure_with_its_labels_and_no_other():
    figures = Figures({})
    Gauges(figures, None, None)
    documented = {name: of for name, of in DOCUMENTED.items() if not name.startswith(WORKERS)}
    assert documented == families(figures)
    assert len(documented) >= 20


def test_page_has_every_figure_of_a_worker_and_no_other():
    standing = Standing(lambda: 0.0)
    standing.measured["demo"] = Measured("demo", 0.5, 512 * 512, 1, 1)
    found = {
        f"{family.name}{'_total' if family.type == 'counter' else ''}": set(
            family.samples[0].labels
        )
        for family in WorkerFigures(standing, lambda: [Memory(1, 2)]).collect()
    }
    assert found == {name: of for name, of in DOCUMENTED.items() if name.startswith(WORKERS)}


def test_return_codes_nobody_knows_share_one_label():
    figures = Figures({})
    for code in ("Made", "Up", "InvalidSize"):
        figures.called("horde", "submit", HordeRejected(rc=code, horde="horde"))
    figures.called("horde", "check", HordeUnreachable("horde.no_answer", horde="horde"))
    codes = {
        sample.labels["rc"]
        for metric in figures.registry.collect()
        for sample in metric.samples
        if sample.name == "hordebots_horde_errors_total"
    }
    assert codes == {UNKNOWN, "InvalidSize", "HordeUnreachable"}


def test_every_event_the_operators_page_explains_is_logged():
    root = Path(__file__).parents[3]
    page = (root / "docs" / "how-to" / "operate.md").read_text("utf-8")
    table = page.split("| event | means |", 1)[1].split("\n\n", 1)[0]
    events = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    source = "".join(
        path.read_text("utf-8")
        for room in ("bots", "request", "common")
        for path in (root / room).rglob("*.py")
    )
    assert len(events) > 5
    assert [event for event in events if f'"{event}"' not in source] == []
