"""Documents of the record that go into a packet as files of their own: orders, consents with their words, scans."""

from collections.abc import Iterator, Sequence

from billing.evidence import packet_pdf
from billing.evidence.packet import ITEM_COLUMNS, Part, SourceDocument
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine
from enrollment.documents import order_pdf
from enrollment.models import Consent, ConsentScript

_SUFFIXES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def documents_of(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[SourceDocument]:
    """The orders as they were signed, and the consents with the words that were read and their scans."""
    for pk in enrollments_of(lines):
        for order in sources.orders[pk]:
            title = f"Order No. {order.number}, signed {sources.at(order.signed_at)}"
            yield SourceDocument(f"order-{order.number}.pdf", title, order_pdf(order))
        for consent in sources.consents[pk]:
            yield from _consent(sources, consent)


def _consent(sources: Sources, consent: Consent) -> Iterator[SourceDocument]:
    name, title = f"consent-{consent.given_on}-{consent.pk}", f"Consent of {consent.given_on}"
    yield SourceDocument(f"{name}.pdf", title, _consent_page(sources, consent, title))
    paper = sources.papers.get(consent.pk)
    if paper is not None:
        suffix = _SUFFIXES.get(paper.kind, paper.kind.rsplit("/", 1)[-1])
        yield SourceDocument(f"{name}-signed.{suffix}", f"Signed paper of {consent.given_on}", bytes(paper.body))


def _consent_page(sources: Sources, consent: Consent, title: str) -> bytes:
    """The consent as a page: who gave it, how, and the words of the script that was read."""
    patient = consent.enrollment.patient
    given_by = consent.given_by_name or consent.get_given_by_display()
    rows: list[tuple[object, ...]] = [
        ("Patient", f"{patient}, born {patient.born_on:%Y-%m-%d}, record {patient.mrn}"),
        ("Given on", consent.given_on),
        ("How", consent.get_mode_display()),
        ("Consent given by", given_by),
        ("Taken by", consent.taken_by),
        ("Recorded at", sources.at(consent.recorded_at)),
        ("Withdrawn on", consent.withdrawn_on or "not withdrawn"),
        (f"Words of script {consent.script_version}", _words(sources, consent)),
    ]
    page = Part.of("consent", title, "", ITEM_COLUMNS, rows, required=("Value",))
    return packet_pdf.summary(title, sources.close.practice.name, f"{consent.given_on}", [page])


def _words(sources: Sources, consent: Consent) -> str:
    key = (consent.enrollment.program, consent.language, consent.script_version)
    script: ConsentScript | None = sources.scripts.get(key)
    return script.text if script is not None else ""
