"""Accounting of a patient's disclosures: recipient, time, content and purpose (45 CFR 164.528).

The law does not require disclosures for payment and treatment. They are listed too, each with its purpose, so that
nobody has to decide later which to leave out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.models import Claim, ClaimVersion, CopiedClaim, PacketItem
from enrollment.models import Order, Patient
from rpm_portal.accounts.models import Practice
from rpm_portal.audit.models import Event
from rpm_portal.core.days import local_day
from rpm_portal.fhir.models import FhirDisclosure
from timetracking.models import PatientMessage

ACCOUNTING_PERIOD = timedelta(days=6 * 366)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure: time, recipient if known, content, purpose, and the person who disclosed it."""

    at: datetime
    to: str
    what: str
    purpose: str
    by: str


_UNKNOWN_RECIPIENT = "saved by a person of the practice"
# Audit actions that disclose data: content and purpose by action.
_DISCLOSURES = {
    "read_packet": ("the evidence packet of a claim", "payment: a payer's or auditor's question"),
    "download_packets": ("evidence packets, with this patient's among them", "payment: a record request"),
    "download_export": ("a file of claims, with this patient's among them", "payment: sending claims"),
    "export": ("the patient's whole record", "a copy of the record"),
    "export_order": ("the order as a document", "treatment"),
}


def disclosures_of(practice: Practice, patient: Patient, *, now: datetime) -> list[Disclosure]:
    """The disclosures of the last six years, newest first. Nine statements for any number."""
    since = now - ACCOUNTING_PERIOD
    sent = ClaimVersion.objects.filter(practice=practice, claim__patient=patient, submission__made_at__gte=since)
    rows = list(sent.select_related("submission__made_by").defer("submission__body"))
    copied = CopiedClaim.objects.filter(practice=practice, claim__patient=patient, copy__made_at__gte=since)
    copies = list(copied.select_related("copy__made_by").defer("copy__body"))
    files = [f"submission:{row.submission.public_id}" for row in rows] + [
        f"claimcopy:{row.copy.public_id}" for row in copies
    ]
    entries = [*_sent_claims(rows), *_copies(copies), *_downloads(practice, patient, files, since=since)]
    entries += _given_over_fhir(practice, patient, since=since)
    entries += [*_messages(practice, patient, since=since), *_looks(practice, patient, since=since)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _sent_claims(rows: list[ClaimVersion]) -> Iterator[Disclosure]:
    for row in rows:
        codes = ", ".join(service["code"] for service in row.content.get("services", []))
        what = f"claim {row.control}, version {row.number}: {codes or 'taken back'}"
        to = row.content.get("payer") or "the payer"
        yield Disclosure(row.submission.made_at, to, what, "payment", str(row.submission.made_by))


def _copies(rows: list[CopiedClaim]) -> Iterator[Disclosure]:
    for row in rows:
        what = f"a copy of the claim: {row.copy.get_shape_display()}"
        yield Disclosure(row.copy.made_at, _UNKNOWN_RECIPIENT, what, "payment: no submission", str(row.copy.made_by))


def _messages(practice: Practice, patient: Patient, *, since: datetime) -> Iterator[Disclosure]:
    """The messages of the care team."""
    rows = PatientMessage.objects.for_practice(practice).filter(thread__enrollment__patient=patient)
    rows = rows.filter(author=PatientMessage.Author.STAFF, written_at__gte=since).select_related("written_by", "thread")
    for row in rows.order_by("written_at", "pk"):
        what = f"a message: {row.thread.get_subject_display().lower()}"
        yield Disclosure(row.written_at, "the patient, on the secure page", what, "treatment", str(row.written_by))


def _looks(practice: Practice, patient: Patient, *, since: datetime) -> Iterator[Disclosure]:
    """When the patient opened threads on the secure page."""
    events = Event.objects.filter(practice=practice, subject=f"patient:{patient.public_id}", at__gte=since)
    for event in events.filter(action="patient_read_thread").order_by("number"):
        yield Disclosure(
            event.at, "the patient, on the secure page", "messages were opened", "treatment", "the patient"
        )


def _given_over_fhir(practice: Practice, patient: Patient, *, since: datetime) -> Iterator[Disclosure]:
    """What clients of the FHIR server read, as one disclosure a client, type and day."""
    rows = FhirDisclosure.objects.filter(practice=practice, patient=patient, at__gte=since).select_related("client")
    totals: dict[tuple[str, str, date], int] = {}
    latest: dict[tuple[str, str, date], datetime] = {}
    for row in rows.order_by("at"):
        key = (row.client.name, row.resource, local_day(row.at, practice.zone))
        totals[key] = totals.get(key, 0) + row.count
        latest[key] = row.at
    for key, count in totals.items():
        name, resource, _ = key
        what = f"FHIR {resource}, {count} on this day"
        yield Disclosure(latest[key], name, what, "treatment", "the program itself")


def _downloads(practice: Practice, patient: Patient, files: list[str], *, since: datetime) -> Iterator[Disclosure]:
    claims = Claim.objects.filter(practice=practice, patient=patient).values_list("public_id", flat=True)
    runs = PacketItem.objects.filter(practice=practice, claim__patient=patient)
    orders = Order.objects.filter(enrollment__patient=patient).values_list("public_id", flat=True)
    subjects = [f"patient:{patient.public_id}", "practice"]
    subjects += [f"claim:{public_id}" for public_id in claims]
    subjects += [f"packets:{public_id}" for public_id in runs.values_list("run__public_id", flat=True).distinct()]
    subjects += files
    subjects += [f"order:{public_id}" for public_id in orders]
    events = Event.objects.filter(practice=practice, subject__in=subjects, action__in=_DISCLOSURES, at__gte=since)
    for event in events.select_related("actor"):
        what, purpose = _DISCLOSURES[event.action]
        if event.subject == "practice":
            what = "the whole practice's records, with this patient's among them"
        yield Disclosure(event.at, _UNKNOWN_RECIPIENT, what, purpose, str(event.actor or "the system"))
