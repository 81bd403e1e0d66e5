"""Documents of enrollment as PDF. The same order gives the same bytes; every page names patient, date and provider."""

import io
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from enrollment.models import Order

_FONTS = (("Portal", "Vera.ttf"), ("Portal-Bold", "VeraBd.ttf"))
TITLES = {
    "RPM": "Order for remote physiologic monitoring",
    "RTM": "Order for remote therapeutic monitoring",
    "CCM": "Order for chronic care management",
}


def _fonts() -> None:
    for name, file in _FONTS:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, file))


def order_rows(order: Order) -> list[tuple[str, str]]:
    """What an order says, label by label: the same for the page and the PDF."""
    row = order.enrollment
    patient = row.patient
    zone = ZoneInfo(order.practice.zone)
    signed = order.signed_at.astimezone(zone)
    until = f" to {order.ends_on:%d %B %Y}" if order.ends_on else ", until it is ended"
    said = [
        ("Patient", f"{patient}, born {patient.born_on:%d %B %Y}, record {patient.mrn}"),
        ("Diagnosis", f"{order.diagnosis} {row.condition}"),
        ("What is measured", order.measures),
        ("How often", order.frequency),
        ("Device", order.device_kind or "as assigned"),
        ("Duration", f"{order.starts_on:%d %B %Y}{until}"),
        ("Why remote", order.necessity),
        ("Goals", order.goals),
        ("Ordering provider", f"{order.ordered_by.signature}, NPI {order.signed_npi}"),
        ("Signed", f"electronically by {order.signed_by} on {signed:%d %B %Y at %H:%M:%S} ({order.practice.zone})"),
    ]
    if order.backdated_because:
        said.append(
            ("Entered afterwards", f"{signed:%d %B %Y} for {order.starts_on:%d %B %Y}: {order.backdated_because}")
        )
    if order.supersedes is not None:
        said.append(("Supersedes", f"order No. {order.supersedes.number}"))
    return [(label, text) for label, text in said if text]


def order_title(order: Order) -> str:
    """The heading auditors look for."""
    return TITLES[order.enrollment.program]


def order_pdf(order: Order) -> bytes:
    """The order as a PDF of one or more letter pages."""
    _fonts()
    plain = ParagraphStyle("plain", fontName="Portal", fontSize=10, leading=14, alignment=TA_LEFT)
    head = ParagraphStyle("head", parent=plain, fontName="Portal-Bold", fontSize=15, leading=20)
    label = ParagraphStyle("label", parent=plain, fontName="Portal-Bold", fontSize=9)
    rows = [[Paragraph(_safe(name), label), Paragraph(_safe(text), plain)] for name, text in order_rows(order)]
    table = Table(rows, colWidths=[1.5 * inch, 5 * inch])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#999999"),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        )
    )
    body = io.BytesIO()
    document = SimpleDocTemplate(
        body,
        pagesize=letter,
        title=f"Order No. {order.number}",
        author=order.practice.name,
        topMargin=inch,
        bottomMargin=inch,
        invariant=1,
    )
    patient = order.enrollment.patient
    person = f"{patient}, born {patient.born_on:%d %b %Y}"
    foot = f"{person} · order No. {order.number} of {order.starts_on:%d %b %Y} · {order.ordered_by.signature}"

    def margins(canvas: Any, _: Any) -> None:
        """Patient, order, date and provider at the foot of each page."""
        canvas.setFont("Portal", 8)
        canvas.drawString(inch, 0.6 * inch, foot)
        canvas.drawRightString(7.5 * inch, 0.6 * inch, f"page {canvas.getPageNumber()}")

    story = [
        Paragraph(_safe(order.practice.name), plain),
        Paragraph(_safe(f"{order_title(order)}, No. {order.number}"), head),
        Spacer(1, 0.2 * inch),
        table,
    ]
    document.build(story, onFirstPage=margins, onLaterPages=margins)
    return body.getvalue()


def _safe(text: str) -> str:
    """Text for a paragraph, which reads markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
