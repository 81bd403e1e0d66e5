"""The sample's patients and their enrollments."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from enrollment import services as enrollment
from enrollment.models import Enrollment, Patient
from enrollment.services.prepared_orders import send_order
from monitoring import services as monitoring
from monitoring.rules.display_units import display_unit, stored_value
from rpm_portal.accounts.models import Membership
from rpm_portal.core.identifiers import luhn_digit
from rpm_portal.core.unit_systems import UnitSystem
from rpm_portal.sample.month_end import MonthEnd
from rpm_portal.sample.people import ZONE, PatientProfile, people
from rpm_portal.sample.practice_setup import at

RTM_SYSTEMS = {"M54.50": "musculoskeletal", "J44.9": "respiratory"}
# Metric, part of the value, low, high and critical high, in US units.
LIMITS = (
    ("blood_pressure", 1, 95, 150, 180),
    ("blood_pressure", 2, 50, 95, 110),
    ("weight", 1, None, 212, 218),
    ("glucose", 1, 70, 220, 300),
    ("spo2", 1, 90, None, None),
)


@dataclass
class SamplePatient:
    """A patient of the sample, with the state that later days need."""

    number: int
    profile: PatientProfile
    starts_on: date
    chance: random.Random
    enrollment: Enrollment | None = None
    serial: str = ""
    plan: dict[date, list[tuple[str, int]]] = field(default_factory=dict)

    @property
    def nurse(self) -> str:
        """The key of the nurse who looks after the patient."""
        return "nurse" if self.number % 3 else "second_nurse"


class EnrolledPatients(MonthEnd):
    """Enrolls the sample's patients."""

    def _start_enrollment(self) -> None:
        """An enrollment in progress: complete except for the provider's signature."""
        nurse, doctor, now = self.members["nurse"], self.members["physician"], at(self.today, 7)
        patient = enrollment.register_patient(
            practice=self.practice,
            mrn="PL-1099",
            family_name="Bell",
            given_name="Ada",
            sex="F",
            born_on=date(1951, 5, 14),
            phone="312-555-1099",
            zone=ZONE,
            established_on=self.today - timedelta(days=20),
            by=nurse.user,
            now=now,
        )
        enrollment.add_coverage(
            patient=patient,
            payer=self.payers["medicare"],
            member_id="1EG4TE5MK73",
            starts_on=self.today - timedelta(days=300),
            by=nurse.user,
        )
        row = enrollment.draft_enrollment(
            patient=patient,
            program="RPM",
            billing_provider=doctor,
            supervised_by=doctor,
            diagnosis="I50.22",
            diagnosis_kind="chronic",
            condition="Heart failure",
            other_monitoring="no",
            by=nurse.user,
            now=now,
        )
        order = {
            "measures": "weight and blood pressure",
            "frequency": "daily",
            "device_kind": "scale and cuff, cellular",
            "starts_on": f"{self.today}",
            "ends_on": f"{self.today + timedelta(days=364)}",
            "necessity": "Weight rose twice between visits; daily values show it before she is breathless.",
            "goals": "Weight steady within two kilograms.",
        }
        send_order(enrollment=row, values=order, by=nurse, now=now)

    def _enroll(self, case: SamplePatient, day: date) -> None:
        """Enroll a patient: register, draft, document, start, give the device, set limits."""
        nurse, doctor, profile = self.members["nurse"], self.members["physician"], case.profile
        biller = self.members["therapist"] if profile.by == "therapist" else doctor
        now = at(day, 8)
        patient = self._register(case, day)
        row = enrollment.draft_enrollment(
            patient=patient,
            program=profile.program,
            billing_provider=biller,
            supervised_by=doctor,
            diagnosis=profile.diagnosis,
            diagnosis_kind="chronic",
            condition=profile.condition,
            rtm_system=RTM_SYSTEMS.get(profile.diagnosis, "") if profile.program == "RTM" else "",
            therapy_plan="PT" if profile.by == "therapist" else "",
            other_monitoring="no",
            plan_on=day if profile.program == "RTM" else None,
            clinic=self.clinics[case.number % len(self.clinics)],
            looked_after_by=self.members[case.nurse],
            by=nurse.user,
            now=now,
        )
        self._document(case, row, biller, day)
        row = enrollment.activate(enrollment=row, on=day, by=nurse.user, now=now)
        enrollment.record_education(enrollment=row, on=day, by=nurse.user)
        body = f"35902104{100000 + case.number}"
        case.serial = body + luhn_digit(body)
        device = enrollment.add_device(model=self.models[profile.metric], serial=case.serial, by=nurse.user)
        enrollment.assign_device(device=device, enrollment=row, starts_at=at(day, 6), by=nurse.user, configured=True)
        self._set_limits(case, row)
        case.enrollment = row

    def _register(self, case: SamplePatient, day: date) -> Patient:
        """The patient with coverage."""
        family, given, sex, language = people()[case.number]
        nurse, profile = self.members["nurse"], case.profile
        patient = enrollment.register_patient(
            practice=self.practice,
            mrn=f"PL-{1001 + case.number}",
            family_name=family,
            given_name=given,
            sex=sex,
            born_on=date(1938 + case.number % 34, 1 + case.number % 12, 1 + case.number % 27),
            language=language,
            phone=f"312-555-{1000 + case.number}",
            zone=ZONE,
            # One patient has no address: her claim shows the problem before it can be sent.
            street="" if case.number == 17 else f"{12 + 7 * case.number} Cedar Avenue",
            city="Chicago",
            state="IL",
            postal_code=f"606{10 + case.number % 50}",
            established_on=day - timedelta(days=40),
            established_by="office visit note",
            by=nurse.user,
            now=at(day, 8),
        )
        member_id = f"1EG4TE5MK{10 + case.number}" if profile.payer == "medicare" else f"NW{700000 + case.number}"
        enrollment.add_coverage(
            patient=patient,
            payer=self.payers[profile.payer],
            member_id=member_id,
            starts_on=day - timedelta(days=200),
            by=nurse.user,
        )
        return patient

    def _document(self, case: SamplePatient, row: Enrollment, biller: Membership, day: date) -> None:
        """The order and the consent."""
        nurse, profile, now = self.members["nurse"], case.profile, at(day, 8)
        language = people()[case.number][3]
        ends_on = self.month.plus(-1).last_day if profile.show == "order ran out" else None
        enrollment.sign_order(
            enrollment=row,
            ordered_by=biller,
            measures=self.models[profile.metric].get_measures_display(),
            frequency="daily",
            goals="Readings inside the limits on most days",
            starts_on=day,
            ends_on=ends_on,
            now=now,
        )
        enrollment.record_consent(
            enrollment=row,
            given_on=day,
            mode="visit",
            taken_by=nurse.user,
            now=now,
            language=language,
            cost_told=True,
            one_provider_told=True,
            right_to_stop_told=True,
        )

    def _set_limits(self, case: SamplePatient, row: Enrollment) -> None:
        doctor = self.members["physician"].user
        for metric, part, low, high, critical in LIMITS:
            if metric == case.profile.metric:
                limits = {"low": low, "high": high, "critical_high": critical}
                unit = display_unit(metric, UnitSystem.US)
                stored = {key: stored_value(Decimal(value), unit) for key, value in limits.items() if value is not None}
                monitoring.set_threshold(enrollment=row, metric=metric, part=part, by=doctor, unit=unit, **stored)
