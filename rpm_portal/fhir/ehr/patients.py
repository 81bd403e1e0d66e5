"""Which of our patients an EHR's patient is: by MRN, or by name, date of birth and sex, which a person confirms."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypedDict, cast

from django.db import transaction

from enrollment.models import Patient
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, may
from rpm_portal.core.plain_text import letters_of
from rpm_portal.core.refusals import Refused
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink, EhrPatient
from rpm_portal.fhir.ehr.people import RESOURCE_ID
from rpm_portal.fhir.ehr.requests_out import LaunchRefused, request_json

_SEXES = {"male": "M", "female": "F"}
_MAX_REPLACEMENTS = 3


class NameFound(TypedDict):
    """A name as the EHR sent it."""

    family: str
    given: str


class FoundPatient(TypedDict):
    """What is used of an EHR's patient. `unreadable` is the sentence why it could not be read, else empty."""

    id: str
    mrns: list[str]
    names: list[NameFound]
    born_on: str
    sex: str
    unreadable: str


class MatchOutcome(StrEnum):
    """What a comparison with our patients found."""

    BOUND = "bound"
    SAME = "same"
    DIFFERS = "differs"
    PROPOSED = "proposed"
    NONE = "none"


class Match(NamedTuple):
    """The outcome, and our patient unless there is none."""

    outcome: MatchOutcome
    patient: Patient | None = None


def read_patient(link: EhrLink, own: str, *, token: str) -> FoundPatient:
    """The patient of a launch as the EHR has them now; a merged record is followed to the one that replaced it."""
    found = FoundPatient(id=own, mrns=[], names=[], born_on="", sex="U", unreadable="")
    try:
        for _ in range(_MAX_REPLACEMENTS):
            if not RESOURCE_ID.match(own):
                raise LaunchRefused("The EHR named no valid patient.", why="no_patient")
            resource = request_json(f"{link.fhir_base.rstrip('/')}/Patient/{own}", token=token)
            replacement = _replaced_by(resource)
            if not replacement:
                break
            own = replacement
    except LaunchRefused as refusal:
        found["unreadable"] = refusal.message
        return found
    return _extract(link, own, resource)


def _rows(value: object) -> Iterator[dict[str, object]]:
    """The objects of a list of a resource."""
    yield from (row for row in (value if isinstance(value, list) else []) if isinstance(row, dict))


def _replaced_by(resource: dict[str, object]) -> str:
    """The id of the patient that replaced this one; empty if it is current."""
    for row in _rows(resource.get("link")):
        other = row.get("other")
        if row.get("type") == "replaced-by" and isinstance(other, dict):
            return str(other.get("reference") or "").rpartition("Patient/")[2]
    return ""


def _extract(link: EhrLink, own: str, resource: dict[str, object]) -> FoundPatient:
    names = []
    for row in _rows(resource.get("name")):
        given = row.get("given")
        first = " ".join(str(part) for part in given) if isinstance(given, list) else ""
        if row.get("use") not in {"old", "maiden"}:
            names.append(NameFound(family=str(row.get("family") or "")[:80], given=first[:80]))
    identifiers = _rows(resource.get("identifier"))
    mrns = [str(row.get("value") or "").strip()[:60] for row in identifiers if row.get("system") == link.mrn_system]
    return FoundPatient(
        id=own,
        mrns=[mrn for mrn in mrns if mrn][:10],
        names=names[:10],
        born_on=str(resource.get("birthDate") or "")[:10],
        sex=_SEXES.get(str(resource.get("gender")), "U"),
        unreadable="",
    )


def found_of(launch: EhrLaunch) -> FoundPatient | None:
    """The patient that the EHR sent with a launch; None for a launch without one."""
    return cast(FoundPatient, launch.found) if launch.found else None


def _is_born_equal(found: FoundPatient, patient: Patient) -> bool:
    return found["born_on"] == patient.born_on.isoformat()


def _is_family_equal(found: FoundPatient, patient: Patient) -> bool:
    own = letters_of(patient.family_name)
    return bool(own) and any(letters_of(name["family"]) == own for name in found["names"])


def _is_name_equal(name: NameFound, patient: Patient) -> bool:
    """Whether family name and given name are equal; of several given names the first is enough."""
    given, first = letters_of(name["given"]), letters_of(name["given"].partition(" ")[0])
    is_given = letters_of(patient.given_name) in {given, first} - {""}
    return is_given and letters_of(name["family"]) == letters_of(patient.family_name)


def match_patient(link: EhrLink, found: FoundPatient) -> Match:
    """Compare an EHR's patient with the practice's patients. At most four statements."""
    bound = EhrPatient.objects.for_practice(link.practice_id).select_related("patient__merged_into")
    row = bound.filter(link=link, ehr_id=found["id"]).first()
    if row is not None:
        patient = _current(row.patient)
        return Match(MatchOutcome.BOUND if _is_born_equal(found, patient) else MatchOutcome.DIFFERS, patient)
    ours = Patient.objects.for_practice(link.practice_id).select_related("merged_into")
    by_mrn = {patient.pk: patient for patient in map(_current, ours.filter(mrn__in=found["mrns"]))}
    if len(by_mrn) == 1:
        patient = next(iter(by_mrn.values()))
        is_same = _is_born_equal(found, patient) and _is_family_equal(found, patient)
        return Match(MatchOutcome.SAME if is_same else MatchOutcome.DIFFERS, patient)
    return Match(MatchOutcome.NONE) if by_mrn else _by_name(link, found)


def _current(patient: Patient) -> Patient:
    """The patient, or the one that their record was merged into."""
    while patient.merged_into is not None:
        patient = patient.merged_into
    return patient


def _by_name(link: EhrLink, found: FoundPatient) -> Match:
    try:
        born_on = date.fromisoformat(found["born_on"])
    except ValueError:
        return Match(MatchOutcome.NONE)
    rows = Patient.objects.for_practice(link.practice_id).filter(
        born_on=born_on, sex=found["sex"], merged_into__isnull=True
    )
    equal = [row for row in rows if any(_is_name_equal(name, row) for name in found["names"])]
    return Match(MatchOutcome.PROPOSED, equal[0]) if len(equal) == 1 else Match(MatchOutcome.NONE)


@transaction.atomic
def bind_patient(
    launch: EhrLaunch, patient: Patient, *, how: EhrPatient.How, by: Membership, now: datetime, reason: str = ""
) -> None:
    """Bind the EHR's patient to ours. A later decision replaces an earlier one; each is in the audit."""
    found = found_of(launch)
    if found is None:
        raise Refused("The EHR named no patient. Open the portal from the EHR again.")
    values = {"patient": patient, "how": how, "reason": reason, "by": by.user, "at": now}
    EhrPatient.objects.update_or_create(
        practice_id=launch.practice_id, link=launch.link, ehr_id=found["id"], defaults=values
    )
    record_change(patient, "bind_ehr_patient", by=by, now=now, how=str(how), link=launch.link.public_id)


def decide_match(
    launch: EhrLaunch, match: Match, *, patient: str, reason: str, by: Membership, now: datetime
) -> Patient:
    """Bind the patient that a person saw (`patient`, a public id) and confirmed. Raises Refused."""
    if match.patient is None or match.patient.public_id != patient:
        raise Refused("The patient records changed meanwhile. Compare them again.")
    if match.outcome == MatchOutcome.DIFFERS:
        if not may(by.role, Permission.ENROLL):
            raise Refused("A person who enrolls patients decides this. Ask one of them to open the chart once.")
        if not reason.strip():
            raise Refused("Write why the two records are the same person.", field="reason")
        how = EhrPatient.How.DECIDED
    else:
        how, reason = EhrPatient.How.CONFIRMED, ""
    bind_patient(launch, match.patient, how=how, by=by, now=now, reason=reason.strip()[:300])
    return match.patient
