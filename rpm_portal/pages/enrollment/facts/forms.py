"""Forms of billing facts, one for each kind; each asks how the fact is known."""

from collections.abc import Mapping
from datetime import date
from typing import cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from enrollment.fields import choices, day
from enrollment.forms import CardForm
from enrollment.models import (
    AccessAlignment,
    AccessTrack,
    AccessUpdate,
    CareKind,
    CarePlan,
    Enrollment,
    OtherBillingAnswer,
    OutsideClaim,
    Payer,
    PlanOfCare,
    PriorAuthorization,
    QualifyingVisit,
)
from rpm_portal.core.days import local_day
from timetracking.models import Visit

MAX_CONDITIONS = 12
_CODE_HELP = "Separate codes with spaces; leave empty if the payer named none."


class FactForm(CardForm):
    """A fact of an enrollment's patient; `source` says how it is known."""

    source = forms.CharField(max_length=200, label="How it is known", help_text="For example: letter of the payer.")

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        enrollment: Enrollment,
        today: date,
        auto_id: str,
    ) -> None:
        self.enrollment = enrollment
        super().__init__(
            data,
            files=files,
            practice=enrollment.practice,
            today=today,
            program=enrollment.program,
            auto_id=auto_id,
        )
        # Last: the facts first, then where they are from.
        self.order_fields([*(name for name in self.fields if name != "source"), "source"])

    def values(self) -> dict[str, object]:
        """The values for `record_fact`, besides the source and the document."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"source", "document"}}

    def uploaded(self) -> bytes | None:
        """The uploaded document."""
        file = self.cleaned_data.get("document")
        return file.read() if isinstance(file, UploadedFile) else None


class AuthorizationForm(FactForm):
    """A payer's prior authorization."""

    wide = ("codes",)
    payer = forms.ModelChoiceField(queryset=Payer.objects.none(), empty_label="Choose")
    outcome = forms.ChoiceField(choices=choices(PriorAuthorization, "outcome"), label="Answer")
    number = forms.CharField(max_length=50, required=False, label="Authorization number")
    codes = forms.CharField(max_length=200, required=False, help_text=_CODE_HELP)
    units = forms.IntegerField(min_value=1, max_value=9999, required=False, label="Units", help_text="Empty: no limit.")
    starts_on = day(label="From")
    ends_on = day(label="to", required=False)

    def set_choices(self) -> None:
        """The payers of the patient's coverages."""
        payers = Payer.objects.filter(pk__in=self.enrollment.patient.coverages.values("payer"))
        cast("forms.ModelChoiceField[Payer]", self.fields["payer"]).queryset = payers

    def clean_codes(self) -> list[str]:
        """The codes, each once."""
        return list(dict.fromkeys(self.cleaned_data["codes"].upper().replace(",", " ").split()))


class AnswerForm(FactForm):
    """An answer to whether another practice bills the patient's monitoring."""

    asked_on = day(label="Asked on")
    asked_of = forms.ChoiceField(choices=choices(OtherBillingAnswer, "asked_of"), label="Asked of")
    answer = forms.ChoiceField(choices=choices(OtherBillingAnswer, "answer"), label="Answer")


class ClaimForm(FactForm):
    """A claim that the portal did not make."""

    biller = forms.ChoiceField(choices=choices(OutsideClaim, "biller"), label="Billed by")
    biller_name = forms.CharField(max_length=120, required=False, label="Name of the practice")
    code = forms.CharField(max_length=5)
    units = forms.IntegerField(min_value=1, max_value=99, initial=1)
    dos = day(label="Date of service")
    period_start = day(label="Device period from", required=False)

    def clean_code(self) -> str:
        """The code in capitals."""
        return str(self.cleaned_data["code"]).strip().upper()


class StatusForm(FactForm):
    """A stay, hospice election, home health episode, surgical period, or QMB status."""

    wide = ("same_practitioner", "related")
    kind = forms.ChoiceField(choices=[("", "Choose"), *CareKind.choices])
    starts_on = day(label="From")
    ends_on = day(label="to", required=False, help_text="Leave empty while it lasts.")
    place = forms.CharField(max_length=120, required=False, label="Facility, agency, or surgeon")
    same_practitioner = forms.BooleanField(
        required=False, label="Surgery by the billing provider, or in the same group and specialty"
    )
    related = forms.BooleanField(
        required=False, label="The monitoring belongs to the surgery or to the terminal illness"
    )


class QualifyingVisitForm(FactForm):
    """A face-to-face visit, with its document."""

    wide = ("initiating",)
    linked_visit = forms.ChoiceField(required=False, label="Visit recorded in the portal")
    visited_on = day(label="or visit on", required=False)
    kind = forms.ChoiceField(choices=choices(QualifyingVisit, "kind"), label="Kind of visit")
    seen_by = forms.CharField(max_length=120, label="Seen by", help_text="In this group and the same specialty.")
    document = forms.FileField(required=False, label="Document", help_text="PDF, JPEG or PNG, up to 5 MB.")
    initiating = forms.BooleanField(required=False, label="This visit began the monitoring (initiating visit)")

    def set_choices(self) -> None:
        """The patient's visits in the portal."""
        rows = Visit.objects.filter(patient=self.enrollment.patient_id, voided_at__isnull=True)
        rows = rows.select_related("provider").order_by("-started_at")[:20]
        self.portal_visits = {row.public_id: row for row in rows}
        labels = [(pk, f"{row.started_at:%Y-%m-%d}, {row.provider}") for pk, row in self.portal_visits.items()]
        cast(forms.ChoiceField, self.fields["linked_visit"]).choices = [("", "none"), *labels]

    def clean(self) -> dict[str, object]:
        """A visit has a day or is linked; one that began the service has a document or is linked."""
        cleaned: dict[str, object] = super().clean() or {}
        linked = self.portal_visits.get(str(cleaned.get("linked_visit", "")))
        if linked is not None:
            cleaned["visited_on"] = local_day(linked.started_at, self.practice.zone)
        elif cleaned.get("visited_on") is None and "visited_on" not in self.errors:
            self.add_error("visited_on", "Enter the day of the visit, or choose one recorded in the portal.")
        if cleaned.get("initiating") and linked is None and not cleaned.get("document"):
            self.add_error("document", "An initiating visit needs its document. Upload it, or link the visit.")
        return cleaned


class PlanForm(FactForm):
    """A therapy plan of care and its certification."""

    discipline = forms.ChoiceField(choices=choices(PlanOfCare, "discipline"))
    kind = forms.ChoiceField(choices=choices(PlanOfCare, "kind"), label="Certification")
    starts_on = day(label="Plan set up on")
    ends_on = day(label="Plan ends on", help_text="At most 90 days.")
    certified_by = forms.CharField(max_length=120, label="Certifying physician or NPP, family name")
    certified_given = forms.CharField(max_length=60, required=False, label="Given name")
    certified_npi = forms.CharField(
        max_length=10, required=False, label="NPI", help_text="A Medicare claim names it as the referring provider."
    )
    order_signed_on = day(label="Order or referral signed on", required=False)
    sent_on = day(label="Plan sent to the physician on", required=False)
    signed_on = day(label="Plan signed on", required=False)

    def values(self) -> dict[str, object]:
        """The values for `record_fact`, with the enrollment."""
        return super().values() | {"enrollment": self.enrollment}


class AlignmentForm(FactForm):
    """An alignment of the patient in the CMS ACCESS model."""

    participant = forms.ChoiceField(choices=choices(AccessAlignment, "participant"), label="Aligned with")
    organization = forms.CharField(max_length=120, required=False, label="Name of the organization")
    track = forms.ChoiceField(choices=AccessTrack.choices)
    starts_on = day(label="From")
    ends_on = day(label="to", required=False, help_text="Leave empty while it lasts.")


class UpdateForm(FactForm):
    """An update of the other ACCESS organization that the practice reviewed."""

    track = forms.ChoiceField(choices=AccessTrack.choices)
    kind = forms.ChoiceField(choices=choices(AccessUpdate, "kind"), label="Update at")
    received_on = day(label="Received on")
    done_on = day(label="Reviewed and acted on")


class CarePlanForm(FactForm):
    """A care plan of CCM, PCM or APCM."""

    wide = ("is_complex",)
    program = forms.ChoiceField(choices=choices(CarePlan, "program"))
    conditions = forms.CharField(
        max_length=110, label="Conditions (ICD-10-CM)", help_text="Separate codes with spaces. CCM needs two or more."
    )
    starts_on = day(label="Made and given to the patient on")
    ends_on = day(label="to", required=False, help_text="Leave empty while it lasts.")
    is_complex = forms.BooleanField(
        required=False, label="Decisions are of moderate or high complexity (complex CCM, 60 minutes)"
    )

    def clean_conditions(self) -> list[str]:
        """The codes, each once, at most twelve: a claim has no more."""
        codes = list(dict.fromkeys(self.cleaned_data["conditions"].upper().replace(",", " ").split()))
        if len(codes) > MAX_CONDITIONS:
            raise forms.ValidationError("Enter at most twelve codes.")
        return codes


class WithdrawForm(forms.Form):
    """Why a fact is withdrawn."""

    reason = forms.CharField(max_length=200)


class EndForm(forms.Form):
    """The last day of a stay, and how it is known."""

    on = day(label="Last day")
    source = forms.CharField(max_length=200)


FACT_FORMS: Mapping[str, type[FactForm]] = {
    "authorization": AuthorizationForm,
    "answer": AnswerForm,
    "claim": ClaimForm,
    "status": StatusForm,
    "visit": QualifyingVisitForm,
    "plan": PlanForm,
    "alignment": AlignmentForm,
    "update": UpdateForm,
    "care_plan": CarePlanForm,
}
