"""A process that has loaded its code and now serves: what was loaded stays, so the collector need not walk it again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def settle() -> None:
    """Leave everything that lives now out of later collections; called once, when a process has loaded its code.

    A body of 10,000 readings makes the collector walk the whole heap several times; most of that heap is code.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def collector_resting() -> Iterator[None]:
    """No collections inside, for work that makes hundreds of thousands of plain rows and drops them all at its end."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
