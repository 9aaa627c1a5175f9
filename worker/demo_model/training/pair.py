"""Two processes that train one network, one thread each, with averaged gradients.

On two cores this is about 1.3 times as fast as one process with two threads. The networks stay in
float32: on processors without matrix units for it, bfloat16 is slower by half.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor
from torch.nn import Parameter

KEEP_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "200000000",
}
"""Tells the C library to keep freed memory: asking the kernel anew costs a fifth of the time."""


class Pair:
    """This process among the ones that train together."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    @property
    def leads(self) -> bool:
        """Whether this process speaks and saves for all."""
        return self.rank == 0

    def agree(self, figure: float) -> float:
        """Return the leader's figure, known to all: a clock that all processes share."""
        if self.size == 1:
            return figure
        box = torch.tensor([figure], dtype=torch.float64)
        dist.broadcast(box, 0)
        return box.item()

    def average_gradients(self, parameters: Iterable[Parameter], limit: float = 1.0) -> None:
        """Replace the gradients by their mean over all processes, at most `limit` long."""
        parameters = list(parameters)
        flat = torch.cat([_gradient(parameter).reshape(-1) for parameter in parameters])
        if self.size > 1:
            dist.all_reduce(flat)
            flat /= self.size
        flat *= min(1.0, limit / (flat.norm().item() + 1e-6))
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            parameter.grad = flat[start:end].view_as(parameter)
            start = end

    def wait(self) -> None:
        """Go on only when all processes are here."""
        if self.size > 1:
            dist.barrier()


def run_pair(work: Callable[..., None], arguments: tuple[Any, ...], size: int) -> None:
    """Call `work(pair, *arguments)` in `size` processes and wait for all of them."""
    if size == 1:
        work(Pair(0, 1), *arguments)
        return
    os.environ.update(KEEP_MEMORY)
    mp.spawn(_process, (size, _free_port(), work, arguments), nprocs=size)


def _process(
    rank: int, size: int, port: int, work: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    os.environ.update(
        MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo", OMP_NUM_THREADS="1"
    )
    torch.set_num_threads(1)
    # torch interrupts its children when their parent dies; a background job would ignore that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    dist.init_process_group("gloo", rank=rank, world_size=size)
    try:
        work(Pair(rank, size), *arguments)
    finally:
        dist.destroy_process_group()


def _gradient(parameter: Parameter) -> Tensor:
    return parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
