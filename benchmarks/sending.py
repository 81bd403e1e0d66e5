"""X1, X2 and M1: a month's claims as 837P, evidence packets, and the close beside one statement that stores evidence."""

import io
import time
from dataclasses import replace
from datetime import UTC, datetime

from django.db import connection
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from benchmarks.close import close as close_month
from benchmarks.harness import compare
from benchmarks.practice import build
from billing.export import packet_pdf, x12_837p
from billing.export.content import Address, Content, Person, Service
from billing.export.edits import problems
from billing.export.packet import Packet, Part

AT = datetime(2026, 4, 3, tzinfo=UTC)
ENVELOPE = x12_837p.Envelope("Bench", "BENCH01", "A Person", "3125550100", "Clearing", "CLEAR01", 1, AT, True)
# What one statement needs to say what a month bills and on which rows: the limit of the close.
_BY_HAND = """
CREATE TEMP TABLE by_hand ON COMMIT DROP AS
WITH days AS (
  SELECT enrollment_id, count(*) AS n, array_agg(id) AS ids FROM monitoring_readingday
  WHERE practice_id = %(p)s AND automatic > 0 AND local_day >= '2026-02-01' AND local_day < '2026-04-01' GROUP BY 1
), work AS (
  SELECT enrollment_id, sum(extract(epoch FROM stopped_at - started_at)) AS spent, array_agg(public_id) AS ids
  FROM timetracking_timeentry WHERE practice_id = %(p)s AND voided_at IS NULL
    AND started_at >= '2026-03-01' AND started_at < '2026-04-01' GROUP BY 1
), talk AS (
  SELECT enrollment_id, array_agg(public_id) AS ids FROM timetracking_call
  WHERE practice_id = %(p)s AND is_live AND started_at >= '2026-03-01' AND started_at < '2026-04-01' GROUP BY 1
)
SELECT e.id, e.patient_id, CASE WHEN days.n >= 16 THEN '99454' WHEN days.n >= 2 THEN '99445' END AS device,
  CASE WHEN talk.ids IS NULL THEN NULL WHEN work.spent >= 1200 THEN '99457' WHEN work.spent >= 600 THEN '99470' END AS care,
  days.ids AS days, work.ids AS work, talk.ids AS talk, o.public_id AS ordered, c.id AS consent
FROM enrollment_enrollment e LEFT JOIN days ON days.enrollment_id = e.id LEFT JOIN work ON work.enrollment_id = e.id
LEFT JOIN talk ON talk.enrollment_id = e.id LEFT JOIN enrollment_order o ON o.enrollment_id = e.id
LEFT JOIN enrollment_consent c ON c.enrollment_id = e.id WHERE e.practice_id = %(p)s
"""


def a_claim(number: int) -> Content:
    """A claim of two lines."""
    person = Person("Patel", "Anika", "1234567893")
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


def _plain(claims: list[Content]) -> str:
    """The limit: the same claims as strings, nothing cleaned, nothing checked."""
    return "".join(
        f"HL*{n}*1*22*0~NM1*IL*1*{c.family}*{c.given}~CLM*{c.control}*{c.total}~HI*ABK:I10~"
        + "".join(f"LX*{k}~SV1*HC:{s.code}*{s.charge}*UN*{s.units}***1~DTP*472*D8*{s.dos}~REF*6R*{s.control}~" for k, s in enumerate(c.services))
        for n, c in enumerate(claims)
    )  # fmt: skip


def a_packet() -> Packet:
    """A packet as a month of one patient makes it: some sixty readings, reasons, minutes."""
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
    """The limit: the same texts drawn by the canvas, nothing measured or wrapped."""
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


def main(size: int = 1000) -> None:
    """Measure each beside its limit."""
    claims = [a_claim(n) for n in range(2000)]
    compare("837P written", lambda: _plain(claims), lambda: "".join(x12_837p.write(ENVELOPE, claims)), units=2000)
    compare(
        "837P with our edits",
        lambda: _plain(claims),
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
    practice, _ = build(size)
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_BY_HAND, {"p": practice.pk})
    hand = time.perf_counter() - started
    ours = close_month(practice)
    print(f"close of {size}: {ours:.2f} s, one statement with evidence {hand:.2f} s, {ours / hand:.0f} times")


if __name__ == "__main__":
    main()
