"""The worklist compared with its facts, for the fixture that does it after every test."""

from datetime import timedelta

from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import midnight
from rpm_portal.pages.worklist.models import EPOCH, WorklistRow
from rpm_portal.pages.worklist.place import misplaced
from rpm_portal.pages.worklist.refresh import wrongly_decided


def wrong_rows() -> list[str]:
    """Enrollments whose row is placed or decided wrongly. One statement where no row claims to be right."""
    rows = WorklistRow.objects.filter(listed=True)
    claims = set(rows.filter(place_until__gt=EPOCH).values_list("practice", "decided_on").distinct())
    wrong = []
    for practice in Practice.objects.in_bulk({pk for pk, _ in claims}).values():
        wrong += [f"place of {pk}" for pk in misplaced(practice)]
        for day in {day for pk, day in claims if pk == practice.pk and day}:
            noon = midnight(day, practice.zone) + timedelta(hours=12)
            wrong += [f"decision of {pk} on {day}" for pk in wrongly_decided(practice, now=noon)]
    return wrong
