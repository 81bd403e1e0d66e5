"""The fixed day of the tests, and their timeouts.

Without a fixed day, tests that use "today" fail at midnight, at the end of a month and in another year; and a one-time
code or a count per minute can change between two lines of a test.
"""

from datetime import UTC, datetime
from typing import Any

# A Wednesday in the middle of a month, noon in Chicago and five seconds into its minute.
TEST_DAY = datetime(2026, 11, 18, 18, 0, 5, tzinfo=UTC)


def clock_sql() -> tuple[str, list[Any]]:
    """SQL for the tests' clock instead of the database's; replaces `rpm_portal.core.clock.clock_sql`."""
    return "%s::timestamptz", [datetime.now(UTC)]


# Seconds after which a process counts as hung. The value only separates a hung run from a slow one; it is no limit for
# how long anything may take, and no test uses less.
HANG_TIMEOUT_SECONDS = 600
# The same for the content of a page. It is shorter, so that a wrong page fails while a person is still waiting.
PAGE_TIMEOUT_SECONDS = 120
