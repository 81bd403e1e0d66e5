"""Garbage collection settings of long-running processes."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def freeze_loaded_objects() -> None:
    """Exclude all existing objects from later collections. Called once, after a process has loaded its code.

    A request body of 10,000 readings triggers several full collections; most of the heap is code that never becomes
    garbage.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def gc_paused() -> Iterator[None]:
    """Disable collections inside the block, for work that creates hundreds of thousands of rows and then drops them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
