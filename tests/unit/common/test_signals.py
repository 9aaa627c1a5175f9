"""The first wish to end asks to stop, on every system."""

import asyncio
import signal

import pytest

from common.running.signals import stop_on_signals


class Windows(asyncio.SelectorEventLoop):
    """A loop that takes no handlers of signals, as Python's on Windows."""

    def add_signal_handler(self, *_args):
        raise NotImplementedError


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request):
    """A signal whose handler is afterwards what it was."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    yield request.param
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, Windows])
def test_a_signal_asks_to_stop(number, loop):
    async def main():
        stop = stop_on_signals()
        signal.raise_signal(number)
        async with asyncio.timeout(30):
            await stop.wait()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())
