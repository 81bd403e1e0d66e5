"""Orders as PDF. An order always gives the same bytes; every page names patient, date and provider."""

import io
from zoneinfo import ZoneInfo

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from enrollment.models import Order
from rpm_portal.core.days import day_words

_FONTS = (("Portal", "Vera.ttf"), ("Portal-Bold", "VeraBd.ttf"))
TITLES = {
    "RPM": "Order for remote physiologic monitoring",
    "RTM": "Order for remote therapeutic monitoring",
    "CCM": "Order for chronic care management",
}


def _register_fonts() -> None:
    for name, file in _FONTS:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, file))


def order_rows(order: Order) -> list[tuple[str, str]]:
    """The labels and texts of an order, for its page and its PDF."""
    enrollment = order.enrollment
    patient = enrollment.patient
    zone = ZoneInfo(order.practice.zone)
    signed = order.signed_at.astimezone(zone)
    until = f" to {day_words(order.ends_on)}" if order.ends_on else ", until it is ended"
    rows = [
        ("Patient", f"{patient}, born {day_words(patient.born_on)}, record {patient.mrn}"),
        ("Diagnosis", f"{order.diagnosis} {enrollment.condition}"),
        ("Measurements", order.measures),
        ("Frequency", order.frequency),
        ("Device", order.device_kind or "as assigned"),
        ("Duration", f"{day_words(order.starts_on)}{until}"),
        ("Medical necessity", order.necessity),
        ("Goals", order.goals),
        ("Ordering provider", f"{order.ordered_by.signature}, NPI {order.signed_npi}"),
        ("Signed", f"electronically by {order.signed_by} on {day_words(signed)}, {signed:%I:%M:%S %p %Z}"),
    ]
    if order.backdated_because:
        rows.append(("Late entry", f"{day_words(signed)} for {day_words(order.starts_on)}: {order.backdated_because}"))
    if order.supersedes is not None:
        rows.append(("Supersedes", f"order No. {order.supersedes.number}"))
    return [(label, text) for label, text in rows if text]


def order_title(order: Order) -> str:
    """The heading of an order, which auditors require."""
    return TITLES[order.enrollment.program]


def order_pdf(order: Order) -> bytes:
    """The order as a PDF of one or more letter pages."""
    _register_fonts()
    plain = ParagraphStyle("plain", fontName="Portal", fontSize=10, leading=14, alignment=TA_LEFT)
    heading = ParagraphStyle("head", parent=plain, fontName="Portal-Bold", fontSize=15, leading=20)
    label = ParagraphStyle("label", parent=plain, fontName="Portal-Bold", fontSize=9)
    rows = [[Paragraph(_escape(name), label), Paragraph(_escape(text), plain)] for name, text in order_rows(order)]
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
    person = f"{patient}, born {day_words(patient.born_on)}"
    footer = f"{person} · order No. {order.number} of {day_words(order.starts_on)} · {order.ordered_by.signature}"

    def draw_footer(canvas: Canvas, _: object) -> None:
        """Draw patient, order, date and provider at the bottom of each page."""
        canvas.setFont("Portal", 8)
        canvas.drawString(inch, 0.6 * inch, footer)
        canvas.drawRightString(7.5 * inch, 0.6 * inch, f"page {canvas.getPageNumber()}")

    story = [
        Paragraph(_escape(order.practice.name), plain),
        Paragraph(_escape(f"{order_title(order)}, No. {order.number}"), heading),
        Spacer(1, 0.2 * inch),
        table,
    ]
    document.build(story, onFirstPage=draw_footer, onLaterPages=draw_footer)
    return body.getvalue()


def _escape(text: str) -> str:
    """Escape text for a Paragraph, which parses markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
