"""Intake of readings: each once, for the right patient and day, or unmatched with the reason."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import services as enrollment
from monitoring import queries
from monitoring.alerts.handle import review_alert
from monitoring.ingest import BadBody, parse_json
from monitoring.models import Alert, Delivery, Reading, ReadingDay, Standing, UnmatchedReading
from monitoring.services import mark_reviewed
from rpm_portal.core.refusals import Refused
from tests.builders import a_patient, an_enrollment, at, days

NOON = at("2026-03-20", "12:00:00")


def entry(world, moment, systolic=130, **more):
    return {
        "device": world.serial, "metric": "blood_pressure", "measured_at": moment.isoformat(), "systolic": systolic,
        "diastolic": 80, "pulse": 60, **more,
    }  # fmt: skip


def post(world, body, key=None):
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    return Client().post(
        "/api/readings/", raw, content_type="application/json", headers={"x-api-key": world.key if key is None else key}
    )


def test_the_api_stores_a_reading_and_answers_with_the_counts(world):
    answer = post(world, {"readings": [entry(world, at("2026-03-20", "07:00:00"))]})

    assert answer.status_code == 200
    counts = {"new": 1, "known": 0, "unmatched": 0, "heard": 0, "taken_back": 0}
    assert answer.json() == {**counts, "entries": [{"entry": 0, "result": "new"}]}
    assert Delivery.objects.get().outcome == counts


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_stores_nothing(world, key):
    assert post(world, {"readings": [entry(world, NOON)]}, key=key).status_code == 401
    assert not Delivery.objects.exists()


def test_a_revoked_key_is_wrong(world):
    world.source.revoked_at = timezone.now()
    world.source.save()

    assert post(world, {"readings": []}).status_code == 401


def test_a_body_too_large_is_refused(world):
    assert post(world, b" " * (2 * 1024 * 1024 + 1)).status_code == 413


SEEDS = [
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"readings": NaN}', b'{"readings": Infinity}',
    b'{"readings": [{"a": 1e400}]}', b'{"readings": []', b'{"readings": {}, "readings": []}', b'{"readings": {"a": 1}}',
    b'{"readings": ["\\u0000"]}', b'{"readings": ["\\ud800"]}', b'{"readings": [' + b"9" * 5000 + b"]}",
    b"[" * 100_000 + b"]" * 100_000, b'{"readings": [], "more": 1}', b"\x00",
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_hostile_bodies_are_refused_with_a_sentence(world, seed):
    answer = post(world, seed)

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not Reading.objects.exists()


PARTS = [
    ({"measured_at": "yesterday"}, "unreadable"),
    ({"measured_at": "2026-03-20T07:00:00"}, "unreadable"),
    ({"measured_at": "2026-03-20T23:59:60Z"}, "unreadable"),
    ({"measured_at": "0000-01-01T00:00:00Z"}, "unreadable"),
    ({"measured_at": None}, "unreadable"),
    ({"measured_at": "2999-03-20T07:00:00Z"}, "unreadable"),
    ({"measured_at": "2099-03-20T07:00:00Z"}, "future"),
    ({"systolic": "128"}, "unreadable"),
    ({"systolic": True}, "unreadable"),
    ({"systolic": None}, "unreadable"),
    ({"systolic": [128]}, "unreadable"),
    ({"systolic": 1e30}, "impossible"),
    ({"systolic": 999}, "impossible"),
    ({"systolic": -5}, "impossible"),
    ({"systolic": 70, "diastolic": 90}, "impossible"),
    ({"metric": "mood"}, "unreadable"),
    ({"metric": ["weight"]}, "unreadable"),
    ({"device": ""}, "unreadable"),
    ({"device": 7}, "unreadable"),
    ({"device": "never-seen"}, "unknown_device"),
    ({"source": "guess"}, "unreadable"),
    ({"patient": "x"}, "unreadable"),
]


@pytest.mark.parametrize(("change", "reason"), PARTS, ids=range(len(PARTS)))
def test_one_bad_reading_is_unmatched_with_its_reason_and_the_rest_is_stored(world, change, reason):
    bad = {**entry(world, at("2026-03-20", "07:00:00")), **change}
    taken = world.send([entry(world, at("2026-03-19", "07:00:00")), bad], now=NOON)

    assert (taken.new, taken.unmatched) == (1, 1)
    assert UnmatchedReading.objects.get().reason == reason


def test_an_entry_that_is_no_object_is_unmatched_too(world):
    assert world.send([7, None, []], now=NOON).unmatched == 3


def test_the_unmatched_reading_is_shown_to_the_nurse(world):
    world.send([{**entry(world, NOON), "device": "never-seen"}], now=NOON)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")

    page = client.get("/readings/unmatched/").content.decode()

    assert "never-seen" in page
    assert "No device with this serial number" in page
    assert queries.unmatched(world.other.practice.pk) == {}


def test_a_reading_sent_twice_or_by_two_deliveries_is_one(world):
    reading = entry(world, at("2026-03-20", "07:00:00"))
    assert world.send([reading, reading], now=NOON).new == 1
    assert world.send([reading], now=NOON).known == 1

    assert Reading.objects.count() == 1
    assert ReadingDay.objects.get().automatic == 1


def test_a_device_of_the_other_practice_is_unknown_here(world):
    taken = world.send([{**entry(world, NOON), "device": world.other.serial}], now=NOON)

    assert taken.unmatched == 1
    assert not Reading.objects.filter(enrollment=world.other.enrollment).exists()


def test_a_reading_belongs_to_the_patient_who_had_the_device_when_it_was_measured(world):
    nurse = world.user("clinical_staff")
    row = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="other-cuff")
    assignment = world.enrollment.assignments.get()
    enrollment.take_back_device(assignment=assignment, ends_at=at("2026-03-10"))
    enrollment.assign_device(device=assignment.device, enrollment=row, starts_at=at("2026-03-12"), by=nurse)
    moments = [at("2026-03-10", "08:59:59"), at("2026-03-10"), at("2026-03-12", "08:59:59"), at("2026-03-12")]

    taken = world.send([entry(world, moment) for moment in moments], now=NOON)

    assert (taken.new, taken.unmatched) == (2, 2)
    assert Reading.objects.get(enrollment=world.enrollment).measured_at == moments[0]
    assert Reading.objects.get(enrollment=row).measured_at == moments[3]
    assert {u.reason for u in UnmatchedReading.objects.all()} == {"not_assigned"}


def test_the_day_is_the_patients_own(world):
    nurse = world.user("clinical_staff")
    patient = a_patient(world.practice, nurse, mrn="HI", family="Kai", zone="Pacific/Honolulu")
    row = an_enrollment(world, patient, serial="far")
    # 05:00 UTC on the 20th is the evening of the 19th in Honolulu.
    world.send([{**entry(world, at("2026-03-20", "05:00:00", zone="UTC")), "device": "far"}], now=NOON)

    assert ReadingDay.objects.get(enrollment=row).local_day == date(2026, 3, 19)


def test_both_hours_of_the_autumn_clock_change_are_stored(world):
    first = at("2026-11-01", "06:30:00", zone="UTC")
    world.send([entry(world, first), entry(world, first + timedelta(hours=1))], now=at("2026-11-01", "22:00:00"))

    assert Reading.objects.count() == 2
    assert ReadingDay.objects.get().automatic == 2


@pytest.mark.parametrize(("systolic", "severity"), [(150, None), (151, "high"), (180, "high"), (181, "critical")])
def test_a_limit_is_broken_beyond_it_and_not_on_it(world, systolic, severity):
    world.send([entry(world, at("2026-03-20", "07:00:00"), systolic)], now=NOON)

    assert [alert.severity for alert in Alert.objects.all()] == ([severity] if severity else [])
    standing = Standing.objects.get(enrollment=world.enrollment)
    assert standing.open_critical == (severity == "critical")
    assert standing.last_value == Decimal(systolic)


def test_a_review_closes_the_alert_once_and_is_in_its_history(world):
    world.send([entry(world, at("2026-03-20", "07:00:00"), 190)], now=NOON)
    alert, nurse = Alert.objects.get(), world.user("clinical_staff")
    review_alert(alert=alert, conclusion="called", note="Rested, 150 after ten minutes.", by=nurse, now=NOON)

    with pytest.raises(Refused):
        review_alert(alert=alert, conclusion="expected", note="", by=nurse, now=NOON)
    assert Standing.objects.get(enrollment=world.enrollment).open_critical == 0
    assert [h.state for h in alert.history.order_by("history_id")] == ["open", "closed"]
    mark_reviewed(enrollment=world.enrollment, by=nurse, now=NOON)
    assert Standing.objects.get(enrollment=world.enrollment).reviewed_to == NOON


def test_a_reading_is_never_changed(world):
    from django.db import DatabaseError, connection, transaction

    world.read([date(2026, 3, 19)])
    for statement in (
        "UPDATE monitoring_reading SET value = 1",
        "DELETE FROM monitoring_reading",
        "UPDATE monitoring_deliverybody SET body = ''",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_batch_of_any_size_runs_the_same_number_of_statements(world, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as small:
        world.read(days("2026-02-01", "2026-02-02"))
    with CaptureQueriesContext(connection) as large:
        world.read(days("2026-02-03", "2026-03-20"))

    assert len(large) <= len(small)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.sampled_from(["automatic", "patient"])), max_size=40),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_stored_days_equal_a_naive_recount_in_any_order_with_any_replay(world, wanted, parts, chance):
    def stored():
        return set(Reading.objects.filter(enrollment=world.enrollment).values_list("measured_at", "source_kind"))

    before = stored()
    entries = [
        entry(world, at(date(2026, 2, 1) + timedelta(days=day), f"{6 + hour:02d}:00:00"), source=kind)
        for day, hour, kind in wanted
    ]
    stream = entries + chance.sample(entries, len(entries) // 2)
    chance.shuffle(stream)
    for part in range(parts):
        world.send(stream[part::parts], now=NOON)

    naive = before | {(at(date(2026, 2, 1) + timedelta(days=d), f"{6 + h:02d}:00:00"), kind) for d, h, kind in wanted}
    assert stored() == naive
    assert queries.kept_days_that_differ(world.practice.pk) == []
    counts = {day.local_day: day.automatic for day in ReadingDay.objects.filter(enrollment=world.enrollment)}
    for on, count in counts.items():
        # Six hours behind UTC: these are February mornings in Chicago.
        same = [1 for moment, kind in naive if kind == "automatic" and (moment - timedelta(hours=6)).date() == on]
        assert count == len(same)


def test_the_strict_parser_accepts_plain_json():
    assert parse_json(b'{"a": [1, 2.5, "\xc3\xa9", null, true]}') == {"a": [1, 2.5, "é", None, True]}
    with pytest.raises(BadBody, match="twice"):
        parse_json(b'{"a": 1, "a": 2}')
