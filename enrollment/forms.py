"""Forms of enrollment, one per card."""

from datetime import date
from typing import Unpack

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from enrollment.fields import choices, day, search_attributes, text
from enrollment.models import (
    Clinic,
    Consent,
    ConsentScript,
    DeviceModel,
    Enrollment,
    Episode,
    Patient,
    Payer,
    Program,
    RtmSystem,
)
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.form_options import FormData, FormOptions
from rpm_portal.core.refusals import Refused

SCANNER_ATTRIBUTES = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class CardForm(forms.Form):
    """Base of the cards' forms, with the practice and the local day."""

    # Names of fields that take the full width.
    wide: tuple[str, ...] = ()

    def __init__(
        self,
        data: FormData = None,
        *,
        practice: Practice,
        today: date,
        program: str = "",
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, **options)
        self.practice, self.today, self.enrolled_in = practice, today, program
        self.set_choices()

    def set_choices(self) -> None:
        """Set the choices that depend on the practice."""

    def add_refusal(self, error: Refused | ValidationError) -> None:
        """Add a service's ValidationError or Refused to the fields it names, or to the form."""
        if isinstance(error, Refused):
            self.add_error(error.field if error.field in self.fields else None, error.message)
            return
        for name, messages in getattr(error, "message_dict", {"__all__": error.messages}).items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)

    def laid_out(self) -> list[tuple[object, bool]]:
        """Each field with whether it takes the full width."""
        return [(self[name], name in self.wide) for name in self.fields]


def members(practice: Practice, today: date) -> QuerySet[Membership]:
    """Memberships that may bill on a day."""
    return Membership.objects.for_practice(practice).in_force(today).billers_of_service().select_related("user")


class PersonForm(CardForm):
    """The patient's person card."""

    family_name = forms.CharField(max_length=80)
    given_name = forms.CharField(max_length=80)
    born_on = day(label="Date of birth")
    sex = forms.ChoiceField(choices=choices(Patient, "sex"))
    mrn = forms.CharField(max_length=30, label="MRN")
    phone = forms.CharField(max_length=20, required=False)
    street = forms.CharField(max_length=55, required=False)
    city = forms.CharField(max_length=30, required=False)
    state = forms.CharField(max_length=2, required=False, help_text="Claims need the address.")
    postal_code = forms.CharField(max_length=10, required=False, label="ZIP")
    language = forms.ChoiceField(choices=[("en", "English"), ("es", "Spanish")])
    zone = forms.CharField(max_length=64, required=False, label="Time zone of the patient")
    no_calls = forms.BooleanField(
        required=False,
        label="Do not call",
        help_text="The patient asked not to be called. Every list and page says so.",
    )

    def set_choices(self) -> None:
        """The practice's zone as the default."""
        self.fields["zone"].initial = self.practice.zone
        self.fields["zone"].help_text = "Decides on which day a reading falls."

    def clean_state(self) -> str:
        """The state in capitals."""
        return self.cleaned_data["state"].strip().upper()

    def clean_zone(self) -> str:
        """The zone, or the practice's if empty."""
        return self.cleaned_data["zone"].strip() or self.practice.zone


class EnrollForm(CardForm):
    """Program and billing provider of a new enrollment."""

    program = forms.ChoiceField(choices=Program.choices)
    rtm_system = forms.ChoiceField(
        choices=[("", "for RTM only"), *RtmSystem.choices], required=False, label="RTM: body system"
    )
    billing_provider = forms.ModelChoiceField(queryset=Membership.objects.none(), empty_label="Choose")

    def set_choices(self) -> None:
        """The practice's providers."""
        self.fields["billing_provider"].queryset = members(self.practice, self.today)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """RTM needs a body system, because its device supply is billed by body system; other programs have none."""
        cleaned = super().clean() or {}
        if cleaned.get("program") == Program.RTM and not cleaned.get("rtm_system"):
            self.add_error("rtm_system", "RTM names the body system its device is for.")
        if cleaned.get("program") != Program.RTM:
            cleaned["rtm_system"] = ""
        return cleaned


class CoverageForm(CardForm):
    """The coverage card."""

    payer = forms.ModelChoiceField(queryset=Payer.objects.none(), empty_label="Choose")
    plan = forms.CharField(max_length=80, required=False, help_text="As the card says it.")
    member_id = forms.CharField(max_length=30, label="Member ID", help_text="Medicare: 11 characters, checked.")
    starts_on = day(label="In force from")
    ends_on = day(label="to", required=False, help_text="Leave empty if it has no end.")

    def set_choices(self) -> None:
        """The practice's payers."""
        self.fields["payer"].queryset = Payer.objects.for_practice(self.practice)  # type: ignore[attr-defined]


class RelationshipForm(CardForm):
    """The relationship card: visit, diagnosis, treatment plan, and monitoring elsewhere."""

    wide = ("condition",)
    established_on = day(label="Last visit", required=False, help_text="RPM needs an established patient.")
    established_by = forms.CharField(max_length=120, required=False, label="Where the visit is documented")
    diagnosis = forms.CharField(
        max_length=8,
        label="Diagnosis (ICD-10-CM)",
        help_text="Type a code or a word.",
        widget=forms.TextInput(search_attributes("enrollment:find_diagnoses", "diagnosis-list")),
    )
    diagnosis_kind = forms.ChoiceField(
        choices=[("", "Choose"), ("chronic", "chronic"), ("acute", "acute")], label="Kind of condition"
    )
    condition = forms.CharField(max_length=80, label="The condition in words")
    clinic = forms.ModelChoiceField(
        queryset=Clinic.objects.none(), required=False, empty_label="Not specified", label="Seen at"
    )
    supervised_by = forms.ModelChoiceField(
        queryset=Membership.objects.none(), required=False, empty_label="nobody", label="Supervises the clinical staff"
    )
    plan_on = day(label="Treatment plan of", required=False, help_text="RTM begins from a plan.")
    therapy_plan = forms.ChoiceField(
        choices=[("", "none"), ("PT", "PT"), ("OT", "OT"), ("SLP", "SLP")], required=False, label="Therapy discipline"
    )
    other_monitoring = forms.ChoiceField(
        choices=[("", "not asked yet"), *choices(Enrollment, "other_monitoring")],
        required=False,
        label="Monitored by another practice?",
    )
    other_monitoring_by = forms.CharField(max_length=120, required=False, label="Name of the other practice")
    other_monitoring_ended_on = day(label="Ended there on", required=False)

    def set_choices(self) -> None:
        """The practice's providers and clinics. The fields of RTM are removed for other programs."""
        clinics = Clinic.objects.for_practice(self.practice)
        self.fields["clinic"].queryset = clinics  # type: ignore[attr-defined]
        if not clinics.exists():
            del self.fields["clinic"]
        self.fields["supervised_by"].queryset = members(self.practice, self.today)  # type: ignore[attr-defined]
        if self.enrolled_in and self.enrolled_in != Program.RTM:
            del self.fields["plan_on"], self.fields["therapy_plan"]

    def clean_diagnosis(self) -> str:
        """The code in its official notation, with the dot."""
        code = "".join(self.cleaned_data["diagnosis"].split()).upper()
        return code if "." in code or len(code) <= 3 else f"{code[:3]}.{code[3:]}"

    def clean(self) -> dict[str, object]:
        """Monitoring elsewhere needs a name and, if it ended, the day."""
        cleaned = super().clean() or {}
        if cleaned.get("other_monitoring") in {"ended", "running"} and not cleaned.get("other_monitoring_by"):
            self.add_error("other_monitoring_by", "Write which practice or company monitored the patient.")
        if cleaned.get("other_monitoring") == "ended" and not cleaned.get("other_monitoring_ended_on"):
            self.add_error("other_monitoring_ended_on", "Write the day it ended there; the end is asked for first.")
        seen_on = cleaned.get("established_on")
        if seen_on is not None and seen_on > self.today:
            self.add_error("established_on", "The visit lies in the future. Enter the last one that took place.")
        return cleaned


class OrderForm(CardForm):
    """The order card, signed with the provider's password."""

    wide = ("necessity", "goals")
    measures = forms.CharField(max_length=120, label="Measurements")
    frequency = forms.CharField(max_length=80, label="Frequency", initial="daily")
    device_kind = forms.CharField(max_length=80, label="Kind of device")
    starts_on = day(label="From")
    ends_on = day(label="to", required=False, help_text="Orders usually run a year; renew before it ends.")
    because = forms.CharField(max_length=200, required=False, label="Reason for start date in the past")
    necessity = forms.CharField(max_length=1000, label="Medical necessity for remote monitoring", widget=text(2))
    goals = forms.CharField(max_length=2000, label="Goals", widget=text(2))
    password = forms.CharField(
        required=False,
        strip=False,
        label="Your password, to sign",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Only the ordering provider signs.",
    )


class ConsentForm(CardForm):
    """The consent card."""

    wide = ("cost_told", "one_provider_told", "right_to_stop_told")
    script = forms.ModelChoiceField(queryset=ConsentScript.objects.none(), empty_label="Choose", label="Script read")
    given_on = day(label="Agreed on")
    mode = forms.ChoiceField(choices=[("", "Choose"), *choices(Consent, "mode")], label="How")
    given_by = forms.ChoiceField(choices=choices(Consent, "given_by"), label="Consent given by")
    given_by_name = forms.CharField(max_length=120, required=False, label="Name of the caregiver")
    because = forms.CharField(max_length=200, required=False, label="Why it is entered afterwards")
    paper = forms.FileField(required=False, label="Signed paper", help_text="PDF, JPEG or PNG, up to 5 MB.")
    cost_told = forms.BooleanField(required=False, label="Told what it may cost")
    one_provider_told = forms.BooleanField(required=False, label="Told that only one practice may bill it")
    right_to_stop_told = forms.BooleanField(required=False, label="Told that it can be stopped at any time")

    def set_choices(self) -> None:
        """The practice's scripts in use."""
        rows = ConsentScript.objects.for_practice(self.practice).filter(in_use=True)
        self.fields["script"].queryset = rows.order_by("program", "language", "-version")  # type: ignore[attr-defined]


class DeviceForm(CardForm):
    """The device card. The number is scanned or typed; a new device is added to the stock with its model."""

    wide = ("configured",)
    serial = forms.CharField(
        max_length=40,
        label="IMEI or serial number",
        help_text="Scan the barcode, or type the number.",
        widget=forms.TextInput(SCANNER_ATTRIBUTES | search_attributes("enrollment:find_devices", "device-list")),
    )
    model = forms.ModelChoiceField(
        queryset=DeviceModel.objects.none(), required=False, empty_label="as in stock", label="Model, for a new device"
    )
    means = forms.ChoiceField(choices=[("here", "handed over"), ("shipped", "shipped")], label="How it gets there")
    tracking = forms.CharField(max_length=40, required=False, label="Tracking number")
    configured = forms.BooleanField(
        required=False, label="Configured for daily use and transmission, supplied and monitored by us"
    )

    def set_choices(self) -> None:
        """The practice's device models."""
        self.fields["model"].queryset = DeviceModel.objects.for_practice(self.practice)  # type: ignore[attr-defined]


class EducationForm(CardForm):
    """The education card."""

    on = day(label="On")
    means = forms.ChoiceField(choices=[("", "Choose"), *choices(Episode, "education_means")], label="By what means")
    minutes = forms.IntegerField(min_value=1, max_value=240, label="Minutes")
    teach_back = forms.BooleanField(required=False, label="Patient demonstrated use (teach-back)")


class MoveForm(CardForm):
    """A change of state: day, and reason if needed."""

    on = day(label="On")
    reason = forms.CharField(max_length=200, required=False, label="Reason")
    goal_met = forms.BooleanField(required=False, label="The goal was met")


class StockForm(CardForm):
    """A new device. A scanner types the number and presses Enter."""

    model = forms.ModelChoiceField(queryset=DeviceModel.objects.none(), empty_label="Choose")
    serial = forms.CharField(max_length=40, label="IMEI or serial number", widget=forms.TextInput(SCANNER_ATTRIBUTES))

    def set_choices(self) -> None:
        """The practice's device models."""
        self.fields["model"].queryset = DeviceModel.objects.for_practice(self.practice)  # type: ignore[attr-defined]
