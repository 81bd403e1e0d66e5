"""A code against the engine's decision: two persons, a reason, attested, printed; never for a device's days."""

from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from billing.close.changes import changed_since
from billing.evidence.gather import packets_of
from billing.models import ClaimLine, LineOverride
from billing.review import overrides
from billing.review.month_lines import counts_of
from billing.review.queries import late_facts
from billing.seal import services
from billing.seal.adjustments import adjust
from billing.seal.verify import verify
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, approve_all, compute, lines
from tests.billing.sending_world import complete
from tests.builders import PASSWORD, at, days
from tests.test_access import signed_in

WHY = "Twelve more minutes are on the paper log of 12 March, scanned."
DOS = date(2026, 3, 31)


@pytest.fixture
def short(world):
    """Device days are earned; eight minutes of management are not enough for any code."""
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 300)
    world.call("2026-03-10")
    world.close = compute(world)
    return world


def verdict_of(world, code="99457"):
    return overrides.verdict_to_override(world.close, world.enrollment.public_id, code)


def ask(world, *, code="99457", by="manager", **fields):
    fields = {"units": 1, "dos": DOS, "reason": WHY, **fields}
    return overrides.ask(close=world.close, verdict=verdict_of(world, code), by=world.members[by], now=AFTER, **fields)


def decide(world, request, *, by="physician", approve=True, why=""):
    return overrides.decide(override=request, approve=approve, why=why, by=world.members[by], now=AFTER)


def test_two_persons_bill_a_code_and_every_record_shows_it(short):
    request = decide(short, ask(short))
    line = request.line
    assert (line.code, line.units, line.dos, line.state, line.flags, line.needs_attestation) == (
        "99457", 1, DOS, "approved", ["overridden"], True,
    )  # fmt: skip
    sentences = [reason["says"] for reason in line.because]
    assert WHY in sentences[0]
    assert str(short.user("manager")) in sentences[0]
    assert str(short.user("physician")) in sentences[0]
    assert len(sentences) > 1  # and the engine's own findings
    assert line.history.first().history_change_reason == "Override approved by two persons"
    events = Event.objects.filter(practice=short.practice, subject=f"override:{request.public_id}").order_by("number")
    assert [event.action for event in events] == ["request_override", "approve_override"]
    assert verify(short.close).identical


def test_nobody_decides_on_their_own_request_and_the_database_agrees(short):
    request = ask(short)
    with pytest.raises(Refused, match="second person"):
        decide(short, request, by="manager")
    assert not ClaimLine.objects.filter(code="99457").exists()
    line = ClaimLine.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_lineoverride SET decision = 'approved', decided_at = now(), decided_by_id = asked_by_id, "
            "line_id = %s",
            [line.pk],
        )
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_lineoverride SET reason = 'another'")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"reason": "x" * 19}, "at least 20"),
        ({"reason": " " * 40}, "at least 20"),
        ({"dos": None}, "must be a day"),
        ({"dos": date(2026, 4, 1)}, "must be a day"),
        ({"dos": date(2026, 2, 28)}, "must be a day"),
        ({"units": 0}, "billed once"),
        ({"units": 2}, "billed once"),
        ({"code": "99458", "units": 5}, "1 to 4"),
    ],
)
def test_an_invalid_request_is_refused_with_a_reason(short, fields, error):
    with pytest.raises(Refused, match=error):
        ask(short, **fields)
    assert not LineOverride.objects.exists()


def test_a_devices_days_and_what_is_billed_are_never_overridden(short):
    for code in ("99454", "99445", "99453"):
        with pytest.raises(overrides.CodeVerdict.DoesNotExist):
            verdict_of(short, code)


def test_a_code_has_one_open_request_and_a_refusal_needs_a_reason(short):
    request = ask(short)
    with pytest.raises(Refused, match="already"):
        ask(short, by="physician")
    with pytest.raises(Refused, match="why not"):
        decide(short, request, approve=False)
    decide(short, request, approve=False, why="The log is not signed.")
    with pytest.raises(Refused, match="decided already"):
        decide(short, request)
    assert not ClaimLine.objects.filter(code="99457").exists()
    assert ask(short).pk != request.pk


@pytest.mark.parametrize("recompute_all", [False, True])
def test_computing_again_keeps_it_and_its_attestation_while_the_facts_are_the_same(short, recompute_all):
    line = decide(short, ask(short)).line
    attestation = services.attest(close=short.close, by=short.members["physician"], now=AFTER)

    short.close = compute(short, recompute_all=recompute_all)

    line.refresh_from_db()
    assert line.state == "approved"
    assert attestation.line_ids == [line.pk]
    assert changed_since(short.close, now=AFTER) == []


def test_a_request_survives_a_computation_that_decided_nothing_again(short):
    waiting = ask(short)
    short.close = compute(short)

    assert decide(short, waiting).line.code == "99457"


def test_it_is_discarded_once_its_facts_changed_with_a_warning_before(short):
    waiting = ask(short, code="99458", units=1)
    decide(short, ask(short))
    short.work("2026-03-20", 60)
    (change,) = changed_since(short.close, now=AFTER)
    assert (change.words, change.discards) == ("1:00 of time on Mar 20 added", ["99457"])

    short.close = compute(short)

    assert ("99457", 1, "2026-03-31") not in lines(short.close)
    with pytest.raises(Refused, match="Ask again"):
        decide(short, waiting)


def test_another_base_code_must_be_dropped_first(world, monkeypatch):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 900)
    world.call("2026-03-10")
    world.close = compute(world)
    assert ClaimLine.objects.filter(close=world.close, is_base=True).exclude(code="99457").exists()
    with pytest.raises(Refused, match="99470 is billed for this month, so 99457 is not"):
        ask(world)
    page = signed_in(world.user("manager")).get("/months/2026-03/", {"show": "do_not_bill"}).content.decode()
    assert "/override/" not in page.split("99457")[1].split("</tr>")[0], "it is not offered either"
    # The database refuses it even if the line came after the request.
    monkeypatch.setattr(overrides, "_check_place", lambda close, verdict: None)
    request = ask(world)
    with pytest.raises(Refused, match="Drop that line first"):
        decide(world, request)
    request.refresh_from_db()
    assert request.decided_at is None


def test_an_overridden_line_is_not_clean_and_an_open_request_stops_the_preparation(short):
    complete(short)
    request = ask(short)
    approve_all(short.close, short)
    with pytest.raises(Refused, match="1 override request waits for a second person"):
        services.prepare_seal(close=short.close, by=short.members["manager"], now=AFTER)
    before = counts_of(short.close)
    decide(short, request)
    after = counts_of(short.close)
    assert (after["overridden"], after["standing"] - before["standing"], after["clean"]) == (1, 1, before["clean"])


def test_it_needs_the_billing_providers_attestation_then_is_sealed_and_printed(short):
    complete(short)
    decide(short, ask(short))
    approve_all(short.close, short)
    with pytest.raises(Refused, match="attest"):
        services.prepare_seal(close=short.close, by=short.members["manager"], now=AFTER)
    services.attest(close=short.close, by=short.members["physician"], now=AFTER)
    services.prepare_seal(close=short.close, by=short.members["manager"], now=AFTER)
    close = services.seal_month(close=short.close, by=short.members["physician"], now=AFTER)
    with pytest.raises(Refused, match="month is locked"):
        ask(short, code="99458")
    (packet,) = packets_of(close, [ClaimLine.objects.get(code="99457").claim])
    assert WHY in str(packet)
    assert "Billed by override" in str(packet)

    # A late reading neither lists it as lost nor reverses it.
    short.read([date(2026, 3, 1)], now=at("2026-04-10"), systolic=131)
    close.refresh_from_db()
    assert not [fact for fact in late_facts(close) if "99457" in fact.effect]
    with pytest.raises(Refused, match="change no line"):
        adjust(close=close, patient=short.patient, reason=WHY, by=short.members["physician"], now=at("2026-04-11"))


def test_on_the_pages_one_person_requests_and_another_bills_with_the_password(short):
    manager, physician, biller = (signed_in(short.user(role)) for role in ("manager", "physician", "biller"))
    page = f"/months/2026-03/override/{short.enrollment.public_id}/99457/"
    assert biller.get(page).status_code == 403
    assert page in manager.get("/months/2026-03/?show=do_not_bill").content.decode()
    assert b"Why it is not billed" in manager.get(page).content
    assert manager.post(page, {"dos": "31.3.", "units": "one", "reason": WHY}).status_code == 422
    assert manager.post(page, {"dos": "2026-03-31", "units": "1", "reason": WHY}).status_code == 302
    request = LineOverride.objects.get()
    url = f"/overrides/{request.public_id}/"
    assert b">Withdraw<" in manager.get("/months/2026-03/").content
    assert manager.post(url, {"act": "approve", "password": PASSWORD}).status_code == 422
    assert physician.post(url, {"act": "approve", "password": "wrong"}).status_code == 422
    assert physician.post(url, {"act": "approve", "password": PASSWORD}).status_code == 302
    assert ClaimLine.objects.get(code="99457").flags == ["overridden"]
    assert b"override approved by two persons" in manager.get("/months/2026-03/").content
