"""The day on which the tests run.

Tests that ask for "today" would otherwise fail at midnight, at the end of a month and in another year, and a code that
changes every thirty seconds or a count kept by the minute would change between two lines of a test.
"""

from datetime import UTC, datetime
from typing import Any

# A Wednesday in the middle of a month, noon in Chicago and five seconds into its minute.
TEST_DAY = datetime(2026, 11, 18, 18, 0, 5, tzinfo=UTC)


def clock_sql() -> tuple[str, list[Any]]:
    """The tests' clock in place of the database's, as `rpm_portal.core.clock.clock_sql` gives it."""
    return "%s::timestamptz", [datetime.now(UTC)]


# Seconds after which a process that has not come so far is taken to hang. It tells a hung run from a slow one and says
# nothing of how long anything may take: no test is given less.
STUCK = 600
# The same for what a page shows: less, so that a page that is wrong is said to be within the patience of a person.
STUCK_PAGE = 120
