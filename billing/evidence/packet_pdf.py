"""A packet as PDF: patient, period and provider on each page, missing evidence printed as missing."""

import io
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from billing.evidence.packet import Packet, Part

WIDTH, HEIGHT = letter
LEFT, RIGHT, TOP, BOTTOM = 46.0, WIDTH - 46.0, HEIGHT - 74.0, 52.0
PLAIN, BOLD = "Packet", "Packet-Bold"
_LISTED = ("No.", "Patient", "Month", "Payer", "Packet", "Missing")
ABBREVIATIONS = (
    "RPM remote physiologic monitoring; RTM remote therapeutic monitoring; DOS date of service; NPI national provider "
    "identifier; QHP qualified health professional; live: two-way talk by phone or video; timer, call, same day, late, "
    "on behalf: how a minute is known."
)


def _register_fonts() -> None:
    for name, file in ((PLAIN, "Vera.ttf"), (BOLD, "VeraBd.ttf")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, file))


@lru_cache(maxsize=4096)
def _char_width(font: str, size: float, char: str) -> float:
    return float(pdfmetrics.stringWidth(char, font, size))


def _wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """Text wrapped to a width: at blanks, and inside a word that is longer than a line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for word in paragraph.split(" "):
            length = sum(_char_width(font, size, char) for char in word)
            blank = _char_width(font, size, " ") if line else 0.0
            if line and used + blank + length > width:
                lines.append(line)
                line, used, blank = "", 0.0, 0.0
            while length > width:
                part_width, part = 0.0, ""
                for char in word:
                    if part_width + _char_width(font, size, char) > width:
                        break
                    part, part_width = part + char, part_width + _char_width(font, size, char)
                part = part or word[:1]
                lines.append(part)
                word = word[len(part) :]
                length = sum(_char_width(font, size, char) for char in word)
            line, used = f"{line} {word}" if line else word, used + blank + length
        lines.append(line)
    return lines


class _CountedCanvas(Canvas):  # type: ignore[misc, unused-ignore]
    """A canvas that writes its pages at the end, when their number is known, each with `page 2 of 4`."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, object]] = []
        self.label = ""

    def showPage(self) -> None:
        """Keep the page."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages."""
        self._pages.append(dict(self.__dict__))
        pages, label = self._pages, self.label
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self.setFont(PLAIN, 8)
            self.drawRightString(RIGHT, HEIGHT - 52, f"{label}, page {number} of {len(pages)}")
            super().showPage()
        super().save()


class _Sheet:
    """A canvas with a vertical position that starts a new page when the page is full."""

    def __init__(self, packet: Packet, out: io.BytesIO) -> None:
        self.packet = packet
        self.canvas = _CountedCanvas(out, pagesize=letter, invariant=1, pageCompression=1)
        self.canvas.label = packet.name
        self.canvas.setTitle(f"Evidence {packet.name}")
        self.canvas.setAuthor(packet.practice)
        self.page, self.y = 0, 0.0
        self.new_page()

    def new_page(self) -> None:
        """Start a page with its header."""
        if self.page:
            self.canvas.showPage()
        self.page += 1
        self.canvas.setFont(BOLD, 9)
        self.canvas.drawString(LEFT, HEIGHT - 40, self.packet.patient[:90])
        self.canvas.setFont(PLAIN, 8)
        self.canvas.drawRightString(RIGHT, HEIGHT - 40, self.packet.period)
        self.canvas.drawString(LEFT, HEIGHT - 52, f"{self.packet.provider}, {self.packet.practice}"[:110])
        self.canvas.line(LEFT, HEIGHT - 58, RIGHT, HEIGHT - 58)
        self.y = TOP

    def text(self, text: str, *, font: str = PLAIN, size: float = 8.5, indent: float = 0, after: float = 2) -> None:
        """Draw wrapped text."""
        for line in _wrap(text, font, size, RIGHT - LEFT - indent):
            if self.y < BOTTOM:
                self.new_page()
            self.canvas.setFont(font, size)
            self.canvas.drawString(LEFT + indent, self.y, line)
            self.y -= size + 2.6
        self.y -= after

    def table(self, part: Part) -> None:
        """Draw a part's rows under their column titles."""
        count = len(part.columns)
        shares = _shares(part)
        edges = [LEFT]
        for share in shares:
            edges.append(edges[-1] + share * (RIGHT - LEFT))
        self._row(part.columns, edges, BOLD)
        for row in part.rows:
            self._row(part.printed(row)[:count], edges, PLAIN)
        self.y -= 6

    def _row(self, cells: tuple[str, ...], edges: list[float], font: str) -> None:
        size = 7.5
        wrapped = [_wrap(cell, font, size, edges[place + 1] - edges[place] - 5) for place, cell in enumerate(cells)]
        height = max((len(lines) for lines in wrapped), default=1)
        for number in range(height):
            if self.y < BOTTOM:
                self.new_page()
            self.canvas.setFont(font, size)
            for place, lines in enumerate(wrapped):
                if number < len(lines) and lines[number]:
                    self.canvas.drawString(edges[place], self.y, lines[number])
            self.y -= size + 2
        self.y -= 1


def _shares(part: Part) -> list[float]:
    """Each column's share of the width, by the length of its cells, at least 0.08 before scaling."""
    sample = [part.columns, *part.rows[:40]]
    lengths = [
        min(60, max((len(row[place]) for row in sample if place < len(row)), default=1) + 2)
        for place in range(len(part.columns))
    ]
    raw = [max(0.08, length / sum(lengths)) for length in lengths]
    return [share / sum(raw) for share in raw]


def write(packet: Packet) -> bytes:
    """The packet as letter pages. The same packet gives the same bytes."""
    _register_fonts()
    out = io.BytesIO()
    sheet = _Sheet(packet, out)
    sheet.text(f"Evidence for {packet.name}", font=BOLD, size=15, after=6)
    checklist = (
        "Sections follow the Medicare contractor's documentation checklist. Missing items are shown as MISSING, empty "
        "ones as NOT ON FILE."
    )
    sheet.text(checklist, after=6)
    for number, part in enumerate(packet.parts, start=1):
        if part.need:
            sheet.text(f"[{' ' if part.hole else 'x'}] {number}. {part.need}: {_row_count(part)}", indent=8, after=0)
    for document in packet.documents:
        sheet.text(f"Document {document.file}: {document.title}", indent=8, after=0)
    sheet.text(ABBREVIATIONS, size=7, after=4)
    if packet.public_key:
        sheet.text(f"The manifest is signed (Ed25519). Public key: {packet.public_key}", size=7, after=8)
    for number, part in enumerate(packet.parts, start=1):
        if sheet.y < BOTTOM + 60:
            sheet.new_page()
        sheet.text(f"{number}. {part.title}", font=BOLD, size=11, after=3)
        if part.rows:
            sheet.table(part)
        else:
            sheet.text("MISSING" if part.need else "None.", font=BOLD if part.need else PLAIN, after=8)
        sheet.text(f"SHA-256 {part.sha256}", size=6, after=8)
    sheet.canvas.save()
    return out.getvalue()


def cover(practice: str, title: str, text: str, on: date, rows: Sequence[tuple[str, ...]]) -> bytes:
    """The cover letter with the list of packets. The same input gives the same bytes."""
    _register_fonts()
    listed = Part("list", "Packets in this archive", "", _LISTED, tuple(rows))
    out = io.BytesIO()
    sheet = _Sheet(Packet("letter", title, f"{on}", f"{len(rows)} packets", practice, (listed,)), out)
    sheet.text(title, font=BOLD, size=15, after=8)
    if text:
        sheet.text(text, size=9.5, after=14)
    sheet.text(listed.title, font=BOLD, size=11, after=3)
    sheet.table(listed)
    sheet.canvas.save()
    return out.getvalue()


def summary(title: str, practice: str, period: str, parts: Sequence[Part]) -> bytes:
    """Tables under a title. The same tables give the same bytes."""
    _register_fonts()
    out = io.BytesIO()
    sheet = _Sheet(Packet("summary", title, period, "Month close", practice, tuple(parts)), out)
    sheet.text(title, font=BOLD, size=15, after=8)
    for part in parts:
        if sheet.y < BOTTOM + 60:
            sheet.new_page()
        sheet.text(part.title, font=BOLD, size=11, after=3)
        sheet.table(part) if part.rows else sheet.text("None.", after=8)
    sheet.canvas.save()
    return out.getvalue()


def letter_page(title: str, text: str, practice: str, patient: str, parts: Sequence[Part]) -> bytes:
    """A letter and its tables. The same input gives the same bytes."""
    _register_fonts()
    out = io.BytesIO()
    sheet = _Sheet(Packet("letter", patient, "", "Letter to the payer", practice, tuple(parts)), out)
    sheet.text(title, font=BOLD, size=15, after=8)
    sheet.text(text, size=9.5, after=14)
    for part in parts:
        if sheet.y < BOTTOM + 60:
            sheet.new_page()
        sheet.text(part.title, font=BOLD, size=11, after=3)
        sheet.table(part) if part.rows else sheet.text("None.", after=8)
    sheet.canvas.save()
    return out.getvalue()


def _row_count(part: Part) -> str:
    if not part.rows:
        return "MISSING"
    if part.hole:
        return f"NOT ON FILE: {', '.join(part.empty)}"
    return f"{len(part.rows)} row{'s' if len(part.rows) != 1 else ''}"
