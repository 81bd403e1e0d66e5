"""Garbage collection settings of long-running processes."""

import gc
import subprocess
import sys

import pytest

from rpm_portal.core.gc_control import freeze_loaded_objects, gc_paused
from tests.clock import HANG_TIMEOUT_SECONDS


@pytest.mark.slow
def test_loaded_objects_are_excluded_from_later_collections():
    try:
        freeze_loaded_objects()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


@pytest.mark.slow
def test_the_web_process_loads_its_views_before_the_first_request():
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import gc, sys; import rpm_portal.wsgi; "
         "print('billing.views.months' in sys.modules, gc.get_freeze_count() > 100_000)"],
        capture_output=True, text=True, timeout=HANG_TIMEOUT_SECONDS, check=True,
    )  # fmt: skip
    assert process.stdout.split() == ["True", "True"]


def test_the_collector_is_enabled_again_after_the_block_even_after_an_error():
    with gc_paused():
        assert not gc.isenabled()
    with pytest.raises(ValueError, match="x"), gc_paused():
        raise ValueError("x")
    assert gc.isenabled()
