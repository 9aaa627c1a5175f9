"""The pure rules of the queue, over all the numbers they may meet."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from common.reference.models import ModelReference
from hub.queue import terms
from hub.wire.bodies import GenerationRequest, Params, PopRequest

NUMBERS = st.integers(1, 20).flatmap(
    lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)), st.integers(1, 20))
)
SIDES = st.integers(1, 48).map(lambda units: units * 64)
PARAMS = st.builds(
    Params,
    width=SIDES,
    height=SIDES,
    steps=st.integers(1, 500),
    n=st.integers(1, 20),
    sampler_name=st.sampled_from(["k_euler", "k_heun", "k_dpm_adaptive"]),
)


@given(NUMBERS)
def test_numbers_are_free_and_in_a_row(case):
    n, taken, amount = case
    numbers = terms.next_numbers(taken, n, amount)
    assert not taken.intersection(numbers)
    assert len(numbers) <= amount
    assert bool(numbers) == (len(taken) < n)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


@given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.none() | st.integers(1, 1000))
def test_no_two_pictures_of_a_request_share_a_seed(base, n, variation):
    more = {} if variation is None else {"seed_variation": variation}
    params = Params(n=n, **more)
    seeds = {terms.seed(base, number, params) for number in range(n)}
    assert len(seeds) == n
    assert all(0 <= seed < 2**32 for seed in seeds)


@given(st.text(max_size=50))
def test_any_text_is_a_seed(text):
    seed = terms.base_seed(text, Random(1))
    assert 0 <= seed < 2**32
    assert seed == terms.base_seed(text, Random(1))


def test_a_small_number_stays_what_it_is():
    for number in (0, 42, 2**32 - 1):
        assert terms.base_seed(str(number), Random(1)) == number
    assert terms.base_seed(str(2**32), Random(1)) != 2**32


@given(PARAMS, st.integers(1, 20), st.integers(64 * 64, 2**31), st.integers(1, 20))
def test_batches_fit(params, amount, max_pixels, waiting):
    offer = PopRequest(name="worker", amount=amount, max_pixels=max_pixels)
    size = terms.batch_size(GenerationRequest(prompt="x", params=params), offer, waiting)
    assert 1 <= size <= min(amount, waiting)
    assert size == 1 or size * params.width * params.height <= max_pixels * amount


@given(PARAMS)
def test_times_and_prices_are_positive_and_grow(params):
    reference = ModelReference.bundled()
    request = GenerationRequest(prompt="x", params=params, models=["unknown"])
    offer = PopRequest(name="worker")
    assert terms.ttl(request, "unknown", reference, offer) >= 150
    price = terms.price(request, reference)
    assert price >= 1
    larger = request.model_copy(update={"models": ["SDXL 1.0"]})
    assert terms.price(larger, reference) >= price


def test_waiting_is_guessed_from_those_who_can():
    offer = PopRequest(name="worker")
    fast = terms.Worker(id="a", offer=offer, owner=1, trusted=True, speed=3.0)
    slow = terms.Worker(id="b", offer=offer, owner=1, trusted=True, speed=1.0)
    assert terms.wait_seconds(8.0, 0.0, [fast, slow]) == 2
    assert terms.wait_seconds(8.0, 3.5, [fast, slow]) == 6
    assert terms.wait_seconds(8.0, -5.0, []) == 8


def test_speed_is_bounded_and_has_a_default():
    assert terms.speed(0, 0) == terms.DEFAULT_SPEED
    assert terms.speed(10, 5) == 2
    assert terms.speed(10, 0) == terms.FASTEST_SPEED
