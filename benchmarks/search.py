"""Patient search in a practice of 100,000 patients, next to another practice of that size: database time."""

import statistics
import time

from django.db import connection

from enrollment.models import Patient
from rpm_portal.accounts.models import Practice

SIZE = 100_000
QUERIES = ["hall dorothy", "1950-03-02 ha", "3/2/1950", "PL-77123", "312 555 0199", "3125550199", "ha", "a", "zzz"]
FAMILIES = "Hall Ortega Nguyen Kim Walsh Petrov Sato Banks Duarte Moreau Hassan Jensen Rossi Pike Adeyemi Greer"
GIVEN = "Dorothy Miguel Linh Joon Moira Ivan Keiko Leroy Rosa Claude Amal Karl Carla Harold Tunde Nadine Ada Bo"


def _insert_patients(practice: Practice) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO enrollment_patient (practice_id, public_id, mrn, family_name, given_name, born_on, sex, phone,
                                            street, city, state, postal_code, language, no_calls, zone, established_by)
            SELECT %s, 'b' || %s || 'x' || n, 'PL-' || n,
                   (string_to_array(%s, ' '))[1 + n %% 16] || CASE WHEN n %% 3 = 0 THEN '-' || n %% 997 ELSE '' END,
                   (string_to_array(%s, ' '))[1 + (n / 16) %% 18], date '1930-01-01' + n %% 25000, 'F',
                   '312-555-' || lpad((n %% 10000)::text, 4, '0'), '', '', '', '', 'en', false, 'America/Chicago', ''
            FROM generate_series(1, %s) n
            """,
            [practice.pk, practice.pk, FAMILIES, GIVEN, SIZE],
        )
        cursor.execute("ANALYZE enrollment_patient")


def main() -> None:
    """Fill two practices, and time the first page and the count of each search."""
    practices = [
        Practice.objects.create(name=f"Search {n}", zone="America/Chicago", second_factor="nobody") for n in range(2)
    ]
    for practice in practices:
        _insert_patients(practice)
    for words in QUERIES:
        times = []
        for _ in range(7):
            started = time.perf_counter()
            matches = Patient.objects.for_practice(practices[0]).matching(words, practice=practices[0].pk)
            page, count = list(matches[:100]), matches.count()
            times.append(time.perf_counter() - started)
        print(f"search {words!r}: {1000 * statistics.median(times):.1f} ms, {count} of {SIZE} ({len(page)} shown)")
