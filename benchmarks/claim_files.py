"""X1 to X3: writing claims as 837P, writing evidence packets, and closing a month through to its claim file."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from unittest import mock

from django.db import connection
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from benchmarks.close import close as close_month
from benchmarks.harness import compare, seconds
from benchmarks.practice import build
from billing.claims.formats import x12_837p
from billing.claims.formats.content import Address, Content, ProviderName, Service
from billing.claims.formats.edits import problems
from billing.claims.formats.validation import validation_errors
from billing.claims.send import send
from billing.evidence import packet_pdf
from billing.evidence.packet import Packet, Part
from billing.models import BillingProfile, Charge, Claim, ClaimLine, ClearinghouseChannel, MonthClose
from billing.seal.signed_month import sign_month
from enrollment.models import Patient, Payer
from rpm_portal.accounts.models import Membership, Practice

AT = datetime(2026, 4, 3, tzinfo=UTC)
ENVELOPE = x12_837p.Envelope("Bench", "BENCH01", "A Person", "3125550100", "Clearing", "CLEAR01", 1, "1", AT, True)


def a_claim(number: int) -> Content:
    """A claim with two lines."""
    person = ProviderName("Patel", "Anika", "1234567893")
    lines = tuple(
        Service(f"L{number:010d}{place}", code, (), 1, "70.00", "2026-03-31", (1,), person)
        for place, code in enumerate(("99454", "99457"))
    )
    return Content(
        control=f"C{number:011d}", frequency="1", original="", practice="Bench", practice_npi="1881761864", tax_id="123456789",
        taxonomy="207Q00000X", practice_address=Address("12 Lake Street", "Chicago", "IL", "606011234"), payer="Medicare",
        payer_id="04412", filing="MB", medicare=True, family="Ortega", given="Miguel", member_id="1EG4TE5MK73",
        born="1950-03-02", sex="M", address=Address("7 Elm Rd", "Evanston", "IL", "60201"), rendering=person, place="11",
        diagnoses=("I10",), services=lines, total="140.00",
    )  # fmt: skip


def _bare_837p(claims: list[Content]) -> str:
    """The limit: the same segments as strings, without cleaning or checks."""
    return "".join(
        f"HL*{n}*1*22*0~\nSBR*P*18*******{c.filing}~\nNM1*IL*1*{c.family}*{c.given}****MI*{c.member_id}~\n"
        f"N3*{c.address.street}~\nN4*{c.address.city}*{c.address.state}*{c.address.postal}~\nDMG*D8*{c.born}*{c.sex}~\n"
        f"NM1*PR*2*{c.payer}*****PI*{c.payer_id}~\nCLM*{c.control}*{c.total}***{c.place}:B:{c.frequency}*Y*A*Y*Y~\n"
        f"HI*{'*'.join(f'ABK:{code}' for code in c.diagnoses)}~\n"
        f"NM1*82*1*{c.rendering.family}*{c.rendering.given}****XX*{c.rendering.npi}~\n"
        + "".join(
            f"LX*{k}~\nSV1*HC:{s.code}*{s.charge}*UN*{s.units}***{':'.join(map(str, s.pointers))}~\nDTP*472*D8*{s.dos}~\n"
            f"REF*6R*{s.control}~\nNM1*DK*1*{s.ordering.family}*{s.ordering.given}****XX*{s.ordering.npi}~\n"
            for k, s in enumerate(c.services, start=1)
        )
        for n, c in enumerate(claims, start=2)
    )


def a_packet() -> Packet:
    """A packet of the size of one patient's month: sixty readings, and ten other parts."""
    rows = tuple(
        (f"2026-03-{n % 28 + 1:02d}", f"07:00:{n:02d}", f"07:01:{n:02d}", "128/79 mmHg", "359021041000243")
        for n in range(60)
    )
    parts = [Part("log", "Transmission log", "Data", ("Day", "Measured", "Received", "Value", "Device"), rows)]
    parts += [
        Part(f"p{k}", f"Part {k}", "Something", ("A", "B"), tuple((f"{n}", "Some words about it") for n in range(8)))
        for k in range(10)
    ]
    return Packet("2026-03-abc", "ORTEGA, Miguel", "March", "Anika Patel, MD", "Bench", tuple(parts))


def _bare_pdf(packet: Packet) -> bytes:
    """The limit: the same texts drawn on the canvas, without measuring or wrapping."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1)
    y = 700.0
    for part in packet.parts:
        for row in part.rows:
            canvas.setFont("Helvetica", 7)
            for place, cell in enumerate(row):
                canvas.drawString(46 + place * 100, y, cell)
            y -= 10
            if y < 60:
                canvas.showPage()
                y = 700.0
    canvas.save()
    return out.getvalue()


def main(sizes: tuple[int, ...] = (1_000,)) -> None:
    """Compare each with its limit; measure close and file at each size, with the validator at the first size only."""
    claims = [a_claim(n) for n in range(2000)]
    compare("837P written", lambda: _bare_837p(claims), lambda: "".join(x12_837p.write(ENVELOPE, claims)), units=2000)
    compare(
        "837P with our checks",
        lambda: _bare_837p(claims),
        lambda: [problems(replace(c, control=c.control)) for c in claims] + list(x12_837p.write(ENVELOPE, claims)),
        units=2000,
    )
    packet = a_packet()
    compare(
        "packets",
        lambda: [_bare_pdf(packet) for _ in range(20)],
        lambda: [packet_pdf.write(packet) for _ in range(20)],
        units=20,
    )
    for size in sizes:
        close_to_file(size, validated=size == sizes[0])


def close_to_file(size: int, *, validated: bool) -> None:
    """X3: close and claim file against the close alone; first with our own checks, then also with the validator."""
    practice, doctor = build(size)
    add_claim_data(practice)
    close_seconds = close_month(practice)
    # Approve and seal the month directly: the steps that people do are not measured.
    close = MonthClose.objects.get(practice=practice)
    ClaimLine.objects.filter(close=close).update(state="approved")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        MonthClose.objects.filter(pk=close.pk).update(state="sealed", sealed_at=AT, sealed_by=doctor, prepared_by=doctor, single_person_reason="bench")  # fmt: skip
        cursor.execute("SET session_replication_role = origin")
    sign_month(MonthClose.objects.get(pk=close.pk), action="sealed", by=doctor, now=AT)
    close.refresh_from_db()
    by = Membership.objects.get(practice=practice, user=doctor)
    chosen = list(Claim.objects.filter(close=close).values_list("public_id", flat=True))
    file_seconds = {}
    for name, checks in (("our checks", lambda text: []), ("with the validator", validation_errors))[: 1 + validated]:
        with mock.patch("billing.claims.send.validation_errors", checks):
            file_seconds[name] = seconds(
                lambda: send(close=close, chosen=chosen, shape="837p", by=by, now=AT, again=True)
            )
    for name, spent in file_seconds.items():
        print(f"X3 close and file of {size} ({len(chosen)} claims), {name}: {(close_seconds + spent) / close_seconds:.2f} times the close; file {len(chosen) / spent:,.0f} claims/s")  # fmt: skip


def add_claim_data(practice: Practice) -> None:
    """Add what a claim needs besides the clinical facts: identifiers, charges, and addresses."""
    Practice.objects.filter(pk=practice.pk).update(npi="1881761864", tax_id="12-3456789")
    ClearinghouseChannel.objects.create(
        practice=practice, name="Clearing", starts_on=date(2019, 1, 1), submitter_id="BENCH01", receiver="Clearing",
        receiver_id="CLEAR01", contact="A Person", phone="3125550100",
    )  # fmt: skip
    BillingProfile.objects.create(
        practice=practice, starts_on=date(2019, 1, 1), channel="Clearing", taxonomy="207Q00000X", street="12 Lake Street",
        city="Chicago", state="IL", postal_code="606011234", phone="3125550100",
    )  # fmt: skip
    for code in ("99453", "99454", "99445", "99457", "99458", "99470"):
        Charge.objects.create(practice=practice, code=code, starts_on=date(2025, 1, 1), amount=Decimal("70"))
    Payer.objects.filter(practice=practice).update(payer_code="04412", filing="MB")
    Patient.objects.filter(practice=practice).update(
        street="7 Elm Rd", city="Evanston", state="IL", postal_code="60201"
    )


if __name__ == "__main__":
    main()
