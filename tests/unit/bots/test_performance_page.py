"""The page of figures: written anew where something was measured, left alone elsewhere."""

from __future__ import annotations

import pytest

from tests.bench import page
from tests.bench.figures import Figure, figure

ORDER = ["Speed", "Size"]


def test_sections_not_measured_now_stay_and_those_by_hand_come_first(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# Old head\n\n## Size\nold size\n\n## By hand\nten minutes\n")
    measured = {"Speed": [Figure("a picture", "2 s", "1 to 3, of 5")]}
    page.write(path, measured, order=ORDER, note="Measured today.")
    text = path.read_text()
    assert text.startswith(page.HEAD)
    assert "Old head" not in text
    order = ["## By hand\nten minutes\n", "## Speed\n", "| a picture | 2 s | 1 to 3, of 5 |"]
    order += ["Measured today.", "## Size\nold size\n"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    page.write(path, measured, order=ORDER, note="Measured today.")
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("values", "value", "spread"),
    [
        ([3, 1, 2], "2 s", "1 to 3, of 3"),
        ([0.12345], "0.123 s", "measured once"),
        ([1234.5, 1234.5], "1,234 s", "each of 2"),
    ],
)
def test_figure_is_the_median_with_its_range(values, value, spread):
    assert figure("it", values, "s") == Figure("it", value, spread)
