"""What left and what came back: sealed in the database, and used only where it is what it was."""

import hashlib
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from billing.models import Export, SentClaim
from rpm_portal.core.db.encrypted_fields import Altered, open_text, seal_text
from tests.billing.sending_world import complete, leave, sealed
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db
MBI = "1EG4TE5MK73"


@pytest.fixture
def sent(world):
    complete(world)
    world.close = sealed(world)
    world.export = leave(world, world.close)
    return world


def kept(statement, *given):
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [row[0] for row in cursor.fetchall()] if cursor.description else None


def test_no_copy_of_the_database_tells_a_member_id_that_was_sent(sent):
    both = [*kept("SELECT body FROM billing_export"), *kept("SELECT content FROM billing_sentclaim")]
    assert len(both) == 2
    assert all(text.startswith("s1:") and MBI not in text for text in both)
    assert MBI.encode() in Export.objects.get().as_sent()
    assert SentClaim.objects.get().as_sent()["member_id"] == MBI


def test_a_file_that_was_changed_is_not_handed_out(sent):
    export = Export.objects.get()
    kept("UPDATE billing_export SET body = %s", seal_text("SVNBKio="))
    export.refresh_from_db()
    with pytest.raises(Altered, match="not the file that left"):
        export.as_sent()
    answer = signed_in(sent.user("biller")).get(f"/exports/{export.public_id}/file/")
    assert answer.status_code == 422
    assert b"not the file that left" in answer.content


def test_a_claim_that_was_changed_is_not_built_upon(sent):
    row = SentClaim.objects.get()
    told = json.loads(open_text(kept("SELECT content FROM billing_sentclaim")[0]))
    told["services"][0]["charge"] = "9999.00"
    kept("UPDATE billing_sentclaim SET content = %s", seal_text(json.dumps(told, sort_keys=True)))
    row.refresh_from_db()
    with pytest.raises(Altered, match="not what was sent"):
        row.as_sent()
    with pytest.raises(Altered):
        leave(sent, sent.close, again=True)
    page = signed_in(sent.user("biller")).get("/months/2026-03/claims/")
    assert page.status_code == 422
    assert b"not what was sent" in page.content


@pytest.mark.parametrize(
    "statement",
    ["UPDATE billing_export SET sha256 = repeat('0', 64)", "UPDATE billing_sentclaim SET digest = repeat('0', 64)",
     "UPDATE billing_sentclaim SET total = 1", "UPDATE billing_export SET number = 9", "DELETE FROM billing_sentclaim"],
)  # fmt: skip
def test_the_digests_and_all_else_are_never_rewritten(sent, statement):
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        kept(statement)


def test_keys_rotate_under_what_was_sent(sent, settings):
    old, new = settings.COLUMN_KEYS[0], b"n" * 32
    before, said = Export.objects.get().as_sent(), SentClaim.objects.get().as_sent()
    settings.COLUMN_KEYS = [new, old]
    call_command("reseal_columns", stdout=io.StringIO())
    settings.COLUMN_KEYS = [new]
    assert Export.objects.get().as_sent() == before
    assert SentClaim.objects.get().as_sent() == said
    assert hashlib.sha256(before).hexdigest() == Export.objects.get().sha256
