"""Encrypted columns: member ids in the table and its history, lookup by blind index, key rotation."""

import io

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from enrollment.models import Coverage
from rpm_portal.core.db.encrypted_fields import DecryptionFailed, blind_index, decrypt_text, encrypt_text
from rpm_portal.ops.environment import keys
from rpm_portal.pages.search.find import find
from tests.builders import at

pytestmark = pytest.mark.django_db
MBI = "1EG4TE5MK73"
TODAY = at("2026-03-20").date()


def stored_values(table="enrollment_coverage"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT member_id FROM {table}")
        return [row[0] for row in cursor.fetchall()]


def test_the_database_has_no_member_id_in_clear_text(world):
    assert Coverage.objects.get(practice=world.practice).member_id == MBI
    assert Coverage.history.filter(patient=world.patient).first().member_id == MBI
    values = [*stored_values(), *stored_values("enrollment_historicalcoverage")]
    assert len(values) > 1
    assert not [value for value in values if MBI in value or not value.startswith("s1:")]
    assert len(set(stored_values())) == len(stored_values()), "the same number is never encrypted to the same text"


def test_the_full_member_id_finds_its_patient_in_this_practice_only(world):
    for typed in (MBI, "1eg4-te5-mk73", "1EG4 TE5 MK73"):
        hits = find(world.practice, typed, role="clinical_staff", today=TODAY)
        assert [row.name for row in hits] == [str(world.patient)]
    for typed in (MBI[:-1], MBI + "X"):
        assert find(world.practice, typed, role="clinical_staff", today=TODAY) == []
    assert blind_index(world.practice.pk, MBI) != blind_index(world.other.practice.pk, MBI)


def test_an_encrypted_column_cannot_be_looked_up(world):
    with pytest.raises(FieldError, match="blind index"):
        Coverage.objects.filter(member_id=MBI).exists()


def test_after_a_key_rotation_the_old_key_can_be_removed(world, settings):
    old, new = settings.COLUMN_KEYS[0], b"n" * 32
    settings.COLUMN_KEYS = [new, old]
    assert Coverage.objects.get(practice=world.practice).member_id == MBI
    out = io.StringIO()
    call_command("reseal_columns", stdout=out)
    assert f"enrollment_coverage.member_id: {len(stored_values())}" in out.getvalue()
    settings.COLUMN_KEYS = [new]
    assert Coverage.objects.get(practice=world.practice).member_id == MBI
    assert Coverage.history.filter(patient=world.patient).first().member_id == MBI
    again = io.StringIO()
    call_command("reseal_columns", stdout=again)
    assert "enrollment_coverage.member_id: 0" in again.getvalue()
    settings.COLUMN_KEYS = [old]
    with pytest.raises(DecryptionFailed, match="PORTAL_COLUMN_KEYS"):
        Coverage.objects.get(practice=world.practice)


def test_a_changed_value_is_refused():
    value = encrypt_text(MBI)
    flipped = value[:-6] + ("A" if value[-6] != "A" else "B") + value[-5:]
    assert decrypt_text(value) == MBI
    with pytest.raises(DecryptionFailed, match="was changed"):
        decrypt_text(flipped)


def test_clear_text_in_an_encrypted_column_is_refused(world):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_coverage SET member_id = %s, member_index = ''", [MBI])
    with pytest.raises(DecryptionFailed, match="clear text") as refused:
        Coverage.objects.get(practice=world.practice)
    assert MBI not in str(refused.value)


def test_an_invalid_key_stops_the_start(monkeypatch):
    monkeypatch.setenv("PORTAL_COLUMN_KEYS", "c2hvcnQ=")
    with pytest.raises(ImproperlyConfigured, match="PORTAL_COLUMN_KEYS must be 32"):
        keys("PORTAL_COLUMN_KEYS", default=b"")
    monkeypatch.setenv("PORTAL_COLUMN_KEYS", "")
    assert keys("PORTAL_COLUMN_KEYS", default=b"d") == [b"d"]


def test_drafts_and_waiting_files_are_encrypted_too(world):
    from enrollment.panel_import.commit import check_panel
    from enrollment.panel_import.read import COLUMNS
    from enrollment.services.drafts import drafts_of, save_draft

    nurse, now = world.user("clinical_staff"), at("2026-03-20")
    save_draft(
        practice=world.practice,
        user=nurse,
        enrollment=world.enrollment,
        card="coverage",
        values={"member_id": MBI},
        now=now,
    )
    body = (",".join(COLUMNS) + "\n" + MBI).encode()
    panel = check_panel(practice=world.practice, body=body, by=world.user("manager"), now=now)
    with connection.cursor() as cursor:
        cursor.execute('SELECT "values" FROM enrollment_carddraft UNION ALL SELECT body FROM enrollment_panel')
        values = [row[0] for row in cursor.fetchall()]
    assert len(values) == 2
    assert not [text for text in values if MBI in text or not text.startswith("s1:")]
    drafts = drafts_of(practice=world.practice, user=nurse, enrollment=world.enrollment)
    assert drafts["coverage"].values == {"member_id": MBI}
    panel.refresh_from_db()
    assert bytes(panel.body) == body
