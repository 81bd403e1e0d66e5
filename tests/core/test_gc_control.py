"""What a serving process leaves out of collections."""

import gc
import subprocess
import sys

import pytest

from rpm_portal.core.gc_control import collector_resting, settle
from tests.clock import STUCK


def test_what_is_loaded_is_left_out_of_later_collections():
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


def test_the_web_process_has_its_doors_loaded_before_the_first_request():
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import gc, sys; import rpm_portal.wsgi; "
         "print('billing.views.months' in sys.modules, gc.get_freeze_count() > 100_000)"],
        capture_output=True, text=True, timeout=STUCK, check=True,
    )  # fmt: skip
    assert said.stdout.split() == ["True", "True"]


def test_the_collector_works_again_after_its_rest_however_that_ended():
    with collector_resting():
        assert not gc.isenabled()
    with pytest.raises(ValueError, match="x"), collector_resting():
        raise ValueError("x")
    assert gc.isenabled()
