"""Words with weights, as the Horde's prompts write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engines.diffusers.weighting import RANGE, Span, parse


@pytest.mark.parametrize(
    ("prompt", "spans"),
    [
        ("", []),
        ("a fox", [Span("a fox")]),
        ("a (fox)", [Span("a "), Span("fox", 1.1)]),
        ("a (fox:1.5) b", [Span("a "), Span("fox", 1.5), Span(" b")]),
        ("((fox))", [Span("fox", pytest.approx(1.21))]),
        ("[fox]", [Span("fox", pytest.approx(1 / 1.1))]),
        ("(a (b:2) c:3)", [Span("a ", 3.0), Span("b", 6.0), Span(" c", 3.0)]),
        (r"\(fox\)", [Span("(fox)")]),
        ("(fox", [Span("fox", 1.1)]),
        ("fox)", [Span("fox)")]),
        ("ratio 16:9", [Span("ratio 16:9")]),
        ("(fox:)", [Span("fox:", 1.1)]),
        ("(fox:99)", [Span("fox", RANGE[1])]),
        ("a BREAK b", [Span("a "), Span("", breaks=True), Span(" b")]),
        ("BREAKFAST", [Span("BREAKFAST")]),
        ("(embedding:glow:1.2)", [Span("glow", 1.2, embedding=True)]),
        ("embedding:12345, x", [Span("12345", embedding=True), Span(", x")]),
    ],
)
def test_spans_and_their_weights(prompt, spans):
    assert parse(prompt) == spans


@given(st.text(max_size=300) | st.text("()[]:.\\ ab1", max_size=300))
def test_any_text_is_read_and_no_weight_leaves_the_range(prompt):
    for span in parse(prompt):
        assert RANGE[0] <= span.weight <= RANGE[1]


@given(st.text(st.characters(exclude_characters="()[]\\:"), max_size=200))
def test_plain_words_stay_as_they_are(prompt):
    if "BREAK" not in prompt:
        assert "".join(span.text for span in parse(prompt)) == prompt
