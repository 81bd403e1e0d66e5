"""The law of the worklist: each change of a fact marks its rows, and a row that claims to be right is right."""

import re
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.facts.case_files import facts_of
from billing.models import DeviceAnchor, RuleYearFile
from enrollment.models import BILLING_FACTS, EarlierProvider, Enrollment, Patient, Pause
from monitoring.models import Standing
from rpm_portal.core.days import Month
from rpm_portal.pages.worklist import bulk_actions
from rpm_portal.pages.worklist import place as place_module
from rpm_portal.pages.worklist.invalidation import FACTS, PLACES
from rpm_portal.pages.worklist.models import EPOCH, WorklistDisplay, WorklistRow
from rpm_portal.pages.worklist.place import misplaced
from rpm_portal.pages.worklist.refresh import refresh_practice, wrongly_decided
from rpm_portal.pages.worklist.tasks import check_worklists
from tests.billing.close.test_close import AFTER, compute
from tests.builders import a_patient, a_world, an_enrollment, at, days, is_blocking_another_connection
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for
from tests.snapshot import Snapshot
from timetracking.models import DaySignature, Visit

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "12:00:00")
# Read for a name or a right only; no decision depends on them.
# A month row only holds which month it is, and that never changes. Seals are asked about by `move_counts` itself.
NO_FACTS = {"accounts_user", "billing_monthclose", "billing_monthseal"}
# An assignment that changes a row of each table, and the columns by which a row belongs to a patient's enrollments.
CHANGES = {
    "enrollment_enrollment": "condition = 'Asthma'",
    "enrollment_patient": "language = 'es'",
    "enrollment_order": "frequency = 'weekly'",
    "enrollment_consent": "mode = 'phone'",
    "enrollment_episode": "educated_on = NULL",
    "enrollment_pause": "ends_on = '2026-03-19'",
    "enrollment_coverage": "member_id = 'X'",
    "enrollment_payer": "name = 'Another'",
    "enrollment_priorauthorization": "void_reason = 'x'",
    "enrollment_otherbillinganswer": "void_reason = 'x'",
    "enrollment_outsideclaim": "void_reason = 'x'",
    "enrollment_carestatus": "void_reason = 'x'",
    "enrollment_qualifyingvisit": "void_reason = 'x'",
    "enrollment_planofcare": "void_reason = 'x'",
    "enrollment_accessalignment": "void_reason = 'x'",
    "enrollment_accessupdate": "void_reason = 'x'",
    "enrollment_careplan": "void_reason = 'x'",
    "enrollment_earlierprovider": "void_reason = 'x'",
    "enrollment_deviceassignment": "ends_at = '2026-03-19'",
    "enrollment_device": "serial = 'another'",
    "enrollment_devicemodel": "fda_defined = false",
    "accounts_practice": "zone = 'America/Denver'",
    "accounts_membership": "ends_on = '2026-03-19'",
    "monitoring_readingday": "automatic = automatic + 1",
    "monitoring_threshold": "high = 170",
    "timetracking_timeentry": "activity = 'setup'",
    "timetracking_call": "outcome = 'voicemail'",
    "timetracking_visit": "void_reason = 'x'",
    "billing_claimline": "code = '99999'",
    "billing_deviceanchor": "starts_on = '2026-03-02'",
    "billing_payerpolicy": "source = 'x'",
    "billing_ruleyearfile": "reason = 'x'",
}
# A row of each kind of billing facts that changes no line.
RECORDED = {
    "authorization": {"outcome": "denied", "starts_on": date(2026, 1, 1)},
    "answer": {"asked_on": date(2026, 1, 1), "asked_of": "patient", "answer": "none"},
    "claim": {"biller": "ours", "code": "99091", "dos": date(2025, 1, 1)},
    "status": {"kind": "qmb", "starts_on": date(2026, 1, 1)},
    "visit": {"visited_on": date(2025, 12, 1), "kind": "office", "seen_by": "Dr. Ito"},
    "plan": {"discipline": "PT", "starts_on": date(2026, 1, 1), "ends_on": date(2026, 2, 1), "certified_by": "Dr. Ito"},
    "alignment": {"participant": "ours", "track": "CKM", "starts_on": date(2026, 7, 5)},
    "update": {"track": "CKM", "kind": "start", "received_on": date(2026, 8, 1), "done_on": date(2026, 8, 1)},
    "care_plan": {"program": "CCM", "conditions": ["I10", "E11.9"], "starts_on": date(2026, 1, 1)},
}
MOVED = {
    "monitoring_standing": "open_high = open_high + 1",
    "monitoring_alert": "count = count + 1",
    "timetracking_monthtotal": "staff_seconds = staff_seconds + 1",
    "timetracking_daysignature": "signed_as = 'x'",
    "worklist_snooze": "ended_at = now()",
}


def _with_a_row_in_every_table():
    """Two patients, each with an enrollment; the first has a row in every table that the worklist depends on."""
    world = a_world()
    nurse, doctor = world.user("clinical_staff"), world.user("physician")
    an_enrollment(world, a_patient(world.practice, nurse, mrn="SECOND", family="Second"), serial="second")
    world.read(days("2026-02-10", "2026-03-18"), systolic=200)
    world.work("2026-03-10", 1250)
    world.call("2026-03-10")
    Visit.objects.create(
        practice=world.practice, patient=world.patient, provider=doctor, started_at=at("2026-03-03"),
        ended_at=at("2026-03-03", "09:20:00"), recorded_by=nurse, recorded_at=at("2026-03-03", "09:30:00"),
    )  # fmt: skip
    Pause.objects.create(
        practice=world.practice, enrollment=world.enrollment, starts_on=date(2026, 1, 20), ends_on=date(2026, 1, 21),
        reason="travel",
    )  # fmt: skip
    for kind, values in RECORDED.items():
        BILLING_FACTS[kind].objects.create(
            practice=world.practice, patient=world.patient, recorded_by=nurse, recorded_at=NOW, source="x", **values,
            **({"payer": world.payer} if kind == "authorization" else {}),
            **({"enrollment": world.enrollment} if kind == "plan" else {}),
        )  # fmt: skip
    EarlierProvider.objects.create(
        practice=world.practice, patient=world.patient, enrollment=world.enrollment, ends_on=date(2026, 1, 31),
        billing_provider=world.members["qhp"], recorded_by=nurse, recorded_at=NOW, source="x",
    )  # fmt: skip
    bulk_actions.snooze(rows=[world.enrollment], until=date(2026, 3, 25), reason="in hospital", by=world.members["qhp"], now=NOW)  # fmt: skip
    DaySignature.objects.create(
        practice=world.practice, staff=nurse, day=date(2026, 3, 10), signed_as="N", statement="S", signed_at=NOW
    )
    close = compute(world, now=AFTER)
    RuleYearFile.objects.create(
        practice=world.practice,
        year=2027,
        title="Rules of 2027",
        content="",
        digest="0" * 64,
        made_by=doctor,
        made_at=NOW,
    )
    DeviceAnchor.objects.create(
        practice=world.practice, enrollment=world.enrollment, starts_on=date(2026, 3, 1), fixed_by=close
    )
    return world


_full = Snapshot(_with_a_row_in_every_table)


@pytest.fixture
def full(db):
    return _full()


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def alone(table):
    """Only the worklist's trigger of a table fires, so that any change can be made."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for (name,) in sql("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", table):
        if name.startswith(f"worklist_{table}"):
            sql(f"ALTER TABLE {table} ENABLE TRIGGER {name}")


def a_key(table, world):
    """A row of the table that belongs to the first enrollment."""
    columns = {
        name for (name,) in sql("SELECT column_name FROM information_schema.columns WHERE table_name = %s", table)
    }
    for column, value in (("enrollment_id", world.enrollment.pk), ("patient_id", world.patient.pk), ("practice_id", world.practice.pk)):  # fmt: skip
        if column in columns and table not in {"enrollment_enrollment", "enrollment_patient", "enrollment_device"}:
            return sql(f"SELECT id FROM {table} WHERE {column} = %s ORDER BY id LIMIT 1", value)[0][0]
    if table == "enrollment_device":
        return world.enrollment.assignments.get().device_id
    return {"enrollment_enrollment": world.enrollment, "enrollment_patient": world.patient, "accounts_practice": world.practice}[table].pk  # fmt: skip


def insert_again(table):
    """Insert what the test saved, without columns that the database computes."""
    columns = sql(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'", table,
    )[0][0]  # fmt: skip
    sql(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM saved")


def versions(world):
    rows = WorklistRow.objects.for_practice(world.practice)
    return dict(rows.values_list("enrollment__patient__mrn", "version"))


def version(world):
    return WorklistRow.objects.get(enrollment=world.enrollment).version


@pytest.mark.slow
def test_every_table_the_months_facts_are_read_from_counts_its_changes(full):
    with CaptureQueriesContext(connection) as asked:
        facts_of(full.practice.pk, [full.enrollment.pk], month=Month(2026, 3), zone=full.practice.zone,
                   today=date(2026, 3, 20))  # fmt: skip
    said = re.sub(r"extract\(epoch FROM \w+\)", "", " ".join(query["sql"] for query in asked))
    read = set(re.findall(r'(?:FROM|JOIN)\s+"?([a-z]+_[a-z]+)"?', said))
    watched = {
        table for (table,) in sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'worklist_%%'")
    }

    assert {"monitoring_readingday", "timetracking_timeentry", "enrollment_order"} <= read
    assert read - watched == NO_FACTS


def test_each_table_is_watched_for_inserts_updates_and_deletes(db):
    """By one row trigger; days of readings, which come in bulk, by another one for a statement that inserts."""
    row, insert, delete, update = 1, 4, 8, 16
    watched = sql(
        "SELECT tgrelid::regclass::text, tgtype FROM pg_trigger "
        "WHERE tgname LIKE 'worklist_%%' AND tgname NOT LIKE 'worklist_snooze_%%'"
    )

    assert len(watched) == 38
    assert {table for table, _ in watched} == {*FACTS, *PLACES}
    assert sorted(kind for table, kind in watched if table == "monitoring_readingday") == [
        insert,
        row | delete | update,
    ]
    assert {kind for table, kind in watched if table != "monitoring_readingday"} == {row | insert | delete | update}


def test_a_statement_that_inserts_many_days_writes_each_row_once(world):
    before = version(world)
    world.read(days("2026-02-01", "2026-03-18"))
    assert version(world) == before + 1


@pytest.mark.parametrize("table", FACTS)
def test_a_change_of_a_fact_raises_the_version_and_a_statement_that_changes_nothing_does_not(full, table):
    key = a_key(table, full)
    alone(table)
    before = version(full)

    sql(f"UPDATE {table} SET practice_id = practice_id WHERE id = %s" if table != "accounts_practice" else
        "UPDATE accounts_practice SET name = name WHERE id = %s", key)  # fmt: skip
    assert version(full) == before, "nothing changed"
    sql(f"UPDATE {table} SET {CHANGES[table]} WHERE id = %s", key)
    assert version(full) == before + 1
    if table == "accounts_practice":
        return
    sql(f"CREATE TEMPORARY TABLE saved ON COMMIT DROP AS SELECT * FROM {table} WHERE id = %s", key)
    if table not in {"enrollment_enrollment", "enrollment_patient", "accounts_membership"}:
        sql(f"DELETE FROM {table} WHERE id = %s", key)
        assert version(full) == before + 2, "deleted"
        insert_again(table)
        assert version(full) == before + 3, "inserted"


BY_OWNER = {
    table: "patient_id" if function in {"worklist_by_patient", "worklist_claim_line"} else "enrollment_id"
    for table, function in FACTS.items()
    if function.startswith("worklist_by_enrollment")
    or function in {"worklist_by_patient", "worklist_claim_line", "worklist_time_entry"}
}


@pytest.mark.parametrize(("table", "column"), BY_OWNER.items(), ids=str)
def test_a_row_that_changes_its_owner_marks_both_owners(full, table, column):
    key, second = a_key(table, full), Enrollment.objects.get(patient__mrn="SECOND")
    owner = second.patient_id if column == "patient_id" else second.pk
    alone(table)
    sql(f"DELETE FROM {table} WHERE {column} = %s", owner)
    before = versions(full)

    sql(f"UPDATE {table} SET {column} = %s WHERE id = %s", owner, key)

    changed = {mrn for mrn, count in versions(full).items() if count != before[mrn]}
    assert changed == {full.patient.mrn, "SECOND"}


@pytest.mark.parametrize("table", PLACES)
def test_a_change_of_what_a_place_is_computed_from_makes_it_due(full, table):
    key = a_key(table, full)
    alone(table)

    def placed():
        refresh_practice(full.practice, now=NOW)
        assert not is_due()

    def is_due():
        return WorklistRow.objects.get(enrollment=full.enrollment).place_until == EPOCH

    placed()
    sql(f"UPDATE {table} SET practice_id = practice_id WHERE id = %s", key)
    assert not is_due()
    before = version(full)
    sql(f"UPDATE {table} SET {MOVED[table]} WHERE id = %s", key)
    assert is_due()
    sql(f"CREATE TEMPORARY TABLE saved ON COMMIT DROP AS SELECT * FROM {table} WHERE id = %s", key)
    if table == "monitoring_standing":
        return
    placed()
    sql(f"DELETE FROM {table} WHERE id = %s", key)
    assert is_due()
    placed()
    insert_again(table)
    assert is_due()
    assert version(full) == before, "a place is no fact"


@pytest.mark.slow
def test_a_mark_that_is_committed_while_a_place_is_computed_is_not_lost(live_world):
    """The statement that places reads the values of its beginning; a row that was marked since stays due."""
    world, lock = live_world, 1847
    world.read(days("2026-03-18", "2026-03-19"))

    def place_slowly():
        try:
            # The condition is computed after the statement's snapshot was taken, and waits.
            place_module._execute(
                "enrollment_id = %(pk)s AND pg_advisory_xact_lock(%(lock)s)::text IS NOT NULL",
                now=NOW, pk=world.enrollment.pk, lock=lock,
            )  # fmt: skip
        finally:
            connection.close()

    sql("SELECT pg_advisory_lock(%s)", lock)
    thread = threading.Thread(target=place_slowly, daemon=True)
    thread.start()
    wait_for(is_blocking_another_connection)
    Standing.objects.filter(enrollment=world.enrollment).update(open_critical=1)
    sql("SELECT pg_advisory_unlock(%s)", lock)
    thread.join(HANG_TIMEOUT_SECONDS)

    row = WorklistRow.objects.get(enrollment=world.enrollment)
    assert (row.section, row.place_until) == ("C", EPOCH), "neither placed from the old values nor no longer due"
    refresh_practice(world.practice, now=NOW)
    row.refresh_from_db()
    assert (row.section, row.open_critical) == ("A", 1)


def test_a_running_entry_and_an_approved_line_are_no_changes(full):
    alone("timetracking_timeentry")
    alone("billing_claimline")
    before = version(full)
    sql("UPDATE timetracking_timeentry SET stopped_at = NULL WHERE enrollment_id = %s", full.enrollment.pk)
    assert version(full) == before + 1, "it ran again"
    sql("UPDATE timetracking_timeentry SET activity = 'setup' WHERE enrollment_id = %s", full.enrollment.pk)
    sql("UPDATE billing_claimline SET state = 'approved' WHERE enrollment_id = %s", full.enrollment.pk)
    assert version(full) == before + 1
    sql("UPDATE billing_claimline SET state = 'void' WHERE id = %s", a_key("billing_claimline", full))
    assert version(full) == before + 2, "it is billed no more"


def test_the_row_of_an_enrollment_has_its_filter_columns_from_the_first_moment(world):
    """Made and changed by the database, for whoever writes."""

    def columns():
        names = (
            "listed",
            "program",
            "condition",
            "language",
            "sort_name",
            "clinic",
            "looked_after_by",
            "supervised_by",
        )
        return WorklistRow.objects.values_list(*names).get(enrollment=world.enrollment)

    doctor, nurse = world.members["physician"].pk, world.members["clinical_staff"].pk
    assert columns() == (True, "RPM", "Hypertension", "en", "ortegap miguel", None, None, doctor)
    Patient.objects.filter(pk=world.patient.pk).update(language="es", family_name="Álvarez")
    Enrollment.objects.filter(pk=world.enrollment.pk).update(looked_after_by=nurse, state="paused", condition="")
    assert columns() == (False, "RPM", "", "es", "álvarez miguel", None, nurse, doctor)


def test_a_second_value_on_a_day_that_counts_has_the_row_decided_again(world):
    """The line of fourteen days shows it; a closed month may read the facts of this patient once more, never once less."""
    world.read(days("2026-03-01", "2026-03-02"))
    refresh_practice(world.practice, now=NOW)
    before = version(world)
    world.send(
        [{"device": world.serial, "metric": "blood_pressure", "measured_at": at("2026-03-02", "19:00:00").isoformat(),
          "systolic": 131, "diastolic": 80, "pulse": 70}], now=NOW,
    )  # fmt: skip
    assert version(world) > before
    assert refresh_practice(world.practice, now=NOW) == 1


def test_the_nightly_check_corrects_what_a_missing_trigger_left_wrong(world, caplog):
    world.read(days("2026-11-01", "2026-11-17"))
    now = timezone.now()
    refresh_practice(world.practice, now=now)
    assert check_worklists() == 0
    for table, name in (
        ("monitoring_standing", "worklist_monitoring_standing"),
        ("enrollment_payer", "worklist_enrollment_payer"),
    ):
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    Standing.objects.filter(enrollment=world.enrollment).update(open_critical=1)
    WorklistDisplay.objects.filter(row__enrollment=world.enrollment).update(data={"name": "WRONG"})
    assert misplaced(world.practice) == [world.enrollment.pk]
    assert list(wrongly_decided(world.practice, now=now)) == [world.enrollment.pk]

    assert check_worklists() == 1

    assert "1 rows wrongly placed, 1 wrongly decided" in caplog.text
    assert "WRONG" not in caplog.text
    row = WorklistRow.objects.get(enrollment=world.enrollment)
    assert (row.section, row.display.data["enrollment"]) == ("A", world.enrollment.public_id)
    assert check_worklists() == 0


@pytest.mark.parametrize(
    ("act", "until"),
    [
        pytest.param(
            "nothing", at("2026-03-21", "07:00:00") + timedelta(microseconds=1), id="three days after the reading"
        ),
        pytest.param("snooze", at("2026-03-21", "00:00:00"), id="the day that a snooze ends"),
        pytest.param("silent", at("2026-04-01", "00:00:00"), id="the first of the next month in the practice's zone"),
    ],
)
def test_a_place_ends_at_the_first_moment_at_which_time_changes_it(world, act, until):
    world.read(days("2026-03-01", "2026-03-10" if act == "silent" else "2026-03-18"))
    if act == "snooze":
        bulk_actions.snooze(rows=[world.enrollment], until=date(2026, 3, 21), reason="in hospital", by=world.members["qhp"], now=NOW)  # fmt: skip
    refresh_practice(world.practice, now=NOW)
    row = WorklistRow.objects.get(enrollment=world.enrollment)
    assert row.place_until == until
    place = (row.section, row.band)
    refresh_practice(world.practice, now=until - timedelta(microseconds=1))
    row.refresh_from_db()
    assert (row.section, row.band) == place
    refresh_practice(world.practice, now=until)
    row.refresh_from_db()
    assert row.place_until > until
    assert (row.section, row.band) != place or act == "silent"


def test_only_place_and_refresh_write_the_rows():
    """Everything else reads them; the triggers are declared in `invalidation.py`."""
    root = Path(__file__).resolve().parents[3]
    words = re.compile(
        r"(WorklistRow|WorklistDisplay)\.objects[\s\S]{0,200}?\.(update|create|bulk_create|bulk_update|get_or_create|"
        r"update_or_create|delete)\(|(UPDATE|INSERT INTO|DELETE FROM) worklist_(row|display)"
    )
    writers = {
        str(path.relative_to(root))
        for folder in ("rpm_portal", "enrollment", "monitoring", "timetracking", "billing")
        for path in (root / folder).glob("**/*.py")
        if "migrations" not in path.parts and words.search(path.read_text())
    }
    assert writers == {f"rpm_portal/pages/worklist/{name}.py" for name in ("invalidation", "place", "refresh")}


def test_names_of_tables_that_the_tests_change_are_all_that_are_declared():
    assert set(CHANGES) == set(FACTS)
    assert set(MOVED) == set(PLACES)
