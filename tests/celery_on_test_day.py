"""Celery with the clock of the tests: `python -m tests.celery_on_test_day SECONDS ...`.

SECONDS is the Unix time at which its clock starts; the clock then runs on. The other arguments are Celery's.
"""

import sys

import time_machine
from celery.__main__ import main

from rpm_portal.core import clock
from tests.clock import clock_sql

if __name__ == "__main__":
    time_machine.travel(float(sys.argv.pop(1)), tick=True).start()
    clock.clock_sql = clock_sql
    main()
