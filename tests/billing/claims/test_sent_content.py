"""Sent files and posted answers: encrypted in the database, and used only if unchanged."""

import hashlib
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from billing.models import ClaimVersion, Submission
from rpm_portal.core.db.encrypted_fields import ContentChanged, decrypt_text, encrypt_text
from tests.billing.sending_world import leave, sent_month
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db
MBI = "1EG4TE5MK73"


@pytest.fixture
def sent(db):
    return sent_month()


def run_sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()] if cursor.description else None


@pytest.mark.slow
def test_a_copy_of_the_database_reveals_no_sent_member_id(sent):
    both = [*run_sql("SELECT body FROM billing_submission"), *run_sql("SELECT content FROM billing_claimversion")]
    assert len(both) == 2
    assert all(text.startswith("s1:") and MBI not in text for text in both)
    assert MBI.encode() in Submission.objects.get().as_sent()
    assert ClaimVersion.objects.get().as_sent()["member_id"] == MBI


def test_a_changed_file_is_not_downloaded(sent):
    export = Submission.objects.get()
    run_sql("UPDATE billing_submission SET body = %s", encrypt_text("SVNBKio="))
    export.refresh_from_db()
    with pytest.raises(ContentChanged, match="not the file that was written"):
        export.as_sent()
    answer = signed_in(sent.user("biller")).get(f"/submissions/{export.public_id}/file/")
    assert answer.status_code == 422
    assert b"not the file that was written" in answer.content


def test_a_changed_claim_is_not_used(sent):
    row = ClaimVersion.objects.get()
    content = json.loads(decrypt_text(run_sql("SELECT content FROM billing_claimversion")[0]))
    content["services"][0]["charge"] = "9999.00"
    run_sql("UPDATE billing_claimversion SET content = %s", encrypt_text(json.dumps(content, sort_keys=True)))
    row.refresh_from_db()
    with pytest.raises(ContentChanged, match="not what was sent"):
        row.as_sent()
    with pytest.raises(ContentChanged):
        leave(sent, sent.close, again=True)
    page = signed_in(sent.user("biller")).get("/months/2026-03/claims/")
    assert page.status_code == 422
    assert b"not what was sent" in page.content


@pytest.mark.parametrize(
    "statement",
    ["UPDATE billing_submission SET sha256 = repeat('0', 64)", "UPDATE billing_claimversion SET digest = repeat('0', 64)",
     "UPDATE billing_claimversion SET total = 1", "UPDATE billing_submission SET number = 9", "DELETE FROM billing_claimversion"],
)  # fmt: skip
def test_the_digests_and_all_else_are_never_rewritten(sent, statement):
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        run_sql(statement)


def test_keys_are_rotated_for_sent_files_and_claims(sent, settings):
    old, new = settings.COLUMN_KEYS[0], b"n" * 32
    before, content = Submission.objects.get().as_sent(), ClaimVersion.objects.get().as_sent()
    settings.COLUMN_KEYS = [new, old]
    call_command("reseal_columns", stdout=io.StringIO())
    settings.COLUMN_KEYS = [new]
    assert Submission.objects.get().as_sent() == before
    assert ClaimVersion.objects.get().as_sent() == content
    assert hashlib.sha256(before).hexdigest() == Submission.objects.get().sha256
