"""Claims as data for the CMS-1500 form (02/12): text on a grid of ten characters and six lines an inch.

Only the data are printed, onto the preprinted form. Positions follow the form's own grid (NUCC, 1500 Claim Form
Reference Instruction Manual, version 02/12); comments name the box. Box 31 stays empty: it is signed by hand.
"""

import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from billing.claims.formats.content import Content, Service
from billing.claims.formats.x12_837p import plain

LINES_PER_FORM = 6  # service lines on one form
COLUMN_WIDTH, LINE_HEIGHT = 7.2, 12.0  # points
_PAYER_COLUMNS = {"MB": 1, "MC": 8, "CH": 15}  # box 1 by filing code; others are marked as other
_OTHER_PAYER_COLUMN = 45
Boxes = dict[tuple[int, int], str]


def forms(content: Content) -> Iterator[Boxes]:
    """One form for every six lines of a claim under one authorization and order: texts by (line, column), both from 1.

    Each form has its own total. Box 23 holds one authorization, and box 17 one provider: a form for each ordering
    provider (Medicare Claims Processing Manual, chapter 26, 10.4, item 17).
    """
    for form_lines in _lines_by_form(content.services):
        boxes: Boxes = {}
        _fill_people(content, boxes)
        _fill_claim(content, form_lines, boxes)
        for place, line in enumerate(form_lines):
            _fill_line(content, line, 43 + 2 * place, boxes)
        yield {place: text for place, text in boxes.items() if text}


def _lines_by_form(services: tuple[Service, ...]) -> Iterator[tuple[Service, ...]]:
    """The lines of each form; one form without lines for a claim that has none."""
    by_boxes: dict[tuple[object, ...], list[Service]] = {} if services else {(): []}
    for line in services:
        by_boxes.setdefault((line.authorization, line.ordering, line.referring), []).append(line)
    for lines in by_boxes.values():
        for start in range(0, max(1, len(lines)), LINES_PER_FORM):
            yield tuple(lines[start : start + LINES_PER_FORM])


def _fill_people(content: Content, boxes: Boxes) -> None:
    """Fill boxes 1 to 13: payer, patient, and the insured, who is the patient."""
    born = date.fromisoformat(content.born)
    boxes[2, 41] = _plain(content.payer, 31)
    boxes[8, _PAYER_COLUMNS.get(content.filing, _OTHER_PAYER_COLUMN)] = "X"
    boxes[8, 50] = _plain(content.member_id, 17)  # 1a
    name = _plain(f"{content.family}, {content.given}", 28, keep=",-")
    boxes[10, 1] = boxes[10, 50] = name  # 2 and 4
    boxes[10, 31], boxes[10, 34], boxes[10, 37] = f"{born:%m}", f"{born:%d}", f"{born:%Y}"  # 3
    if content.sex in {"M", "F"}:
        boxes[10, 42 if content.sex == "M" else 47] = "X"
        boxes[20, 68 if content.sex == "M" else 75] = "X"  # 11a
    boxes[12, 33] = "X"  # 6: self
    for column in (1, 50):  # 5 and 7
        boxes[12, column] = _plain(content.address.street, 28)
        boxes[14, column] = _plain(content.address.city, 20)
        boxes[16, column] = _postal(content.address.postal)
    boxes[14, 26] = boxes[14, 74] = content.address.state
    # 11: for Medicare as the first payer the word NONE (Medicare Claims Processing Manual, chapter 26, 10.2).
    boxes[18, 50] = "NONE" if content.medicare else ""
    boxes[20, 53], boxes[20, 56], boxes[20, 59] = f"{born:%m}", f"{born:%d}", f"{born:%Y}"
    for line in (20, 22, 24):  # 10a to 10c: no accident, no employment
        boxes[line, 41] = "X"
    boxes[26, 57] = "X"  # 11d: no other plan
    boxes[29, 7] = boxes[29, 55] = "SIGNATURE ON FILE"  # 12 and 13, as in the 837P


def _fill_claim(content: Content, form_lines: tuple[Service, ...], boxes: Boxes) -> None:
    """Fill boxes 17 to 23 and 25 to 33."""
    _fill_box_17(content, form_lines, boxes)
    boxes[36, 57] = "X"  # 20: no outside laboratory
    boxes[37, 42] = "0"  # 21: ICD-10-CM
    for number, code in enumerate(content.diagnoses[:12]):
        boxes[38 + number // 4, 3 + 13 * (number % 4)] = code.replace(".", "")
    if content.frequency != "1":
        boxes[38, 50], boxes[38, 62] = content.frequency, _plain(content.original, 15)  # 22
    if form_lines:
        boxes[40, 50] = _plain(form_lines[0].authorization, 29)  # 23
    boxes[56, 1], boxes[56, 17 if content.tax_id_kind == "SY" else 19] = content.tax_id, "X"  # 25
    boxes[56, 23] = _plain(content.control, 14)  # 26
    boxes[56, 38] = "X"  # 27: accepts assignment
    boxes[56, 52] = _money(sum((Decimal(line.charge) for line in form_lines), Decimal()))  # 28
    _fill_addresses(content, boxes)


def _fill_box_17(content: Content, form_lines: tuple[Service, ...], boxes: Boxes) -> None:
    """One provider: the referring, else the ordering, else the supervising one (NUCC manual, item 17)."""
    ordering = next((line.ordering for line in form_lines if line.ordering), None)
    referring = next((line.referring for line in form_lines if line.referring), content.referring)
    candidates = (("DN", referring), ("DK", ordering), ("DQ", content.supervising))
    for qualifier, person in candidates:
        if person is not None:
            boxes[34, 1], boxes[34, 4] = qualifier, _plain(f"{person.given} {person.family}", 24, keep="-")  # 17
            boxes[34, 33] = person.npi  # 17b
            return


def _fill_addresses(content: Content, boxes: Boxes) -> None:
    """Fill boxes 32, the service location, and 33, the billing provider with its phone."""
    location = content.location
    boxes[57, 66], boxes[57, 70] = content.phone[:3], content.phone[3:]
    places = [(23, content.practice, content.practice_address, content.practice_npi, 26)]
    if location is not None:
        places = [(23, location.name, location.address, location.npi, 26)]
    places.append((50, content.practice, content.practice_address, content.practice_npi, 29))
    for column, name, address, npi, width in places:
        boxes[58, column] = _plain(name, width)
        boxes[59, column] = _plain(address.street, width)
        boxes[60, column] = f"{_plain(address.city, 13)} {address.state} {_postal(address.postal)}"
        boxes[61, column + 1] = npi


def _fill_line(content: Content, line: Service, at: int, boxes: Boxes) -> None:
    """Fill box 24, the lower half of one line."""
    on = date.fromisoformat(line.dos)
    for column in (1, 10):  # 24A, from and to
        boxes[at, column], boxes[at, column + 3], boxes[at, column + 6] = f"{on:%m}", f"{on:%d}", f"{on:%y}"
    boxes[at, 19], boxes[at, 25] = line.place or content.place, line.code  # 24B, 24D
    for number, modifier in enumerate(line.modifiers[:4]):
        boxes[at, 33 + 3 * number] = modifier
    boxes[at, 45] = "".join("ABCDEFGHIJKL"[pointer - 1] for pointer in line.pointers[:4])  # 24E
    boxes[at, 50], boxes[at, 59] = _money(Decimal(line.charge)), f"{line.units}"  # 24F, 24G
    boxes[at, 68] = content.rendering.npi  # 24J


def _plain(text: str, max_length: int, *, keep: str = "") -> str:
    """Capitals without punctuation, as the form requires, cut to a length."""
    cleaned = "".join(char if char.isalnum() or char in f" {keep}" else " " for char in plain(text, 80))
    return " ".join(cleaned.split())[:max_length]


def _postal(code: str) -> str:
    return f"{code[:5]}-{code[5:]}" if len(code) == 9 else code


def _money(amount: Decimal) -> str:
    """Dollars right-aligned in six places, a blank at the form's printed line, cents."""
    dollars, cents = f"{amount:.2f}".split(".")
    return f"{dollars:>6} {cents}"


def write(claims: Iterable[Content], *, left: float = 24, top: float = 20) -> bytes:
    """The forms as a PDF of letter pages; `left` and `top` are margins in points. Equal claims, equal bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1)
    canvas.setTitle("CMS-1500 data")
    for content in claims:
        for boxes in forms(content):
            canvas.setFont("Courier", 12)
            for (line, column), text in sorted(boxes.items()):
                x, y = left + (column - 1) * COLUMN_WIDTH, letter[1] - top - line * LINE_HEIGHT
                canvas.drawString(x, y, text)
            canvas.showPage()
    canvas.save()
    return out.getvalue()
