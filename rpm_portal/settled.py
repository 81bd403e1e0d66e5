"""A process that has loaded its code and now serves: what was loaded stays, so the collector need not walk it again."""

import gc


def settle() -> None:
    """Leave everything that lives now out of later collections; called once, when a process has loaded its code.

    A body of 10,000 readings makes the collector walk the whole heap several times; most of that heap is code.
    """
    gc.collect()
    gc.freeze()
