"""What a person enters about enrollment, a form a card. What was typed stays where it is refused."""

from datetime import date
from typing import Any

from django import forms

from enrollment.fields import choices, day, searching, text
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
from rpm_portal.core.refusals import Refused

SCANNED = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class CardForm(forms.Form):
    """A card's form: knows its practice and the day it is."""

    # Names of fields that take a whole line.
    wide: tuple[str, ...] = ()

    def __init__(self, *args: Any, practice: Practice, today: date, program: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.practice, self.today, self.enrolled_in = practice, today, program
        self.offer()

    def offer(self) -> None:
        """Fill the choices that depend on the practice."""

    def add_refusal(self, error: Any) -> None:
        """Put a service's ValidationError or Refused beside the fields it names, or over the form."""
        if isinstance(error, Refused):
            self.add_error(error.field if error.field in self.fields else None, error.message)
            return
        for name, said in getattr(error, "message_dict", {"__all__": error.messages}).items():
            for sentence in said:
                self.add_error(name if name in self.fields else None, sentence)

    def laid_out(self) -> list[tuple[Any, bool]]:
        """Each field with whether it takes a whole line."""
        return [(self[name], name in self.wide) for name in self.fields]


def members(practice: Practice, today: date) -> Any:
    """Those who may bill on a day."""
    return Membership.objects.for_practice(practice).in_force(today).billers_of_service().select_related("user")


class PersonForm(CardForm):
    """Who the patient is."""

    family_name = forms.CharField(max_length=80)
    given_name = forms.CharField(max_length=80)
    born_on = day(label="Date of birth")
    sex = forms.ChoiceField(choices=choices(Patient, "sex"))
    mrn = forms.CharField(max_length=30, label="Record number")
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

    def offer(self) -> None:
        """The practice's own zone unless another is typed."""
        self.fields["zone"].initial = self.practice.zone
        self.fields["zone"].help_text = "Decides on which day a reading falls."

    def clean_state(self) -> str:
        """In capitals, as the post writes it."""
        return self.cleaned_data["state"].strip().upper()

    def clean_zone(self) -> str:
        """Left empty it is the practice's."""
        return self.cleaned_data["zone"].strip() or self.practice.zone


class EnrollForm(CardForm):
    """Who is enrolled into what, and who bills it."""

    program = forms.ChoiceField(choices=Program.choices)
    rtm_system = forms.ChoiceField(
        choices=[("", "for RTM only"), *RtmSystem.choices], required=False, label="RTM: body system"
    )
    billing_provider = forms.ModelChoiceField(queryset=Membership.objects.none(), empty_label="Choose")

    def offer(self) -> None:
        """Providers of this practice."""
        self.fields["billing_provider"].queryset = members(self.practice, self.today)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """RTM device supply is billed by body system."""
        said = super().clean() or {}
        if said.get("program") == Program.RTM and not said.get("rtm_system"):
            self.add_error("rtm_system", "RTM names the body system its device is for.")
        if said.get("program") != Program.RTM:
            said["rtm_system"] = ""
        return said


class CoverageForm(CardForm):
    """Who pays."""

    payer = forms.ModelChoiceField(queryset=Payer.objects.none(), empty_label="Choose")
    plan = forms.CharField(max_length=80, required=False, help_text="As the card says it.")
    member_id = forms.CharField(max_length=30, label="Member id", help_text="Medicare: 11 characters, checked.")
    starts_on = day(label="In force from")
    ends_on = day(label="to", required=False, help_text="Empty where it goes on.")

    def offer(self) -> None:
        """Payers of this practice."""
        self.fields["payer"].queryset = Payer.objects.for_practice(self.practice)  # type: ignore[attr-defined]


class RelationshipForm(CardForm):
    """Why this practice: a visit, a diagnosis, a plan, and nobody else monitoring."""

    wide = ("condition",)
    established_on = day(label="Last visit", required=False, help_text="RPM needs an established patient.")
    established_by = forms.CharField(max_length=120, required=False, label="Where the visit is documented")
    diagnosis = forms.CharField(
        max_length=8,
        label="Diagnosis (ICD-10-CM)",
        help_text="Type a code or a word.",
        widget=forms.TextInput(searching("enrollment:find_diagnoses", "diagnosis-list")),
    )
    diagnosis_kind = forms.ChoiceField(
        choices=[("", "Choose"), ("chronic", "chronic"), ("acute", "acute")], label="Kind of condition"
    )
    condition = forms.CharField(max_length=80, label="The condition in words")
    clinic = forms.ModelChoiceField(
        queryset=Clinic.objects.none(), required=False, empty_label="none by name", label="Seen at"
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
    other_monitoring_by = forms.CharField(max_length=120, required=False, label="By whom")
    other_monitoring_ended_on = day(label="Ended there on", required=False)

    def offer(self) -> None:
        """Providers and clinics of this practice; of therapy only what RTM asks, and a plan only there."""
        clinics = Clinic.objects.for_practice(self.practice)
        self.fields["clinic"].queryset = clinics  # type: ignore[attr-defined]
        if not clinics.exists():
            del self.fields["clinic"]
        self.fields["supervised_by"].queryset = members(self.practice, self.today)  # type: ignore[attr-defined]
        if self.enrolled_in and self.enrolled_in != Program.RTM:
            del self.fields["plan_on"], self.fields["therapy_plan"]

    def clean_diagnosis(self) -> str:
        """As it is written in the code book."""
        code = "".join(self.cleaned_data["diagnosis"].split()).upper()
        return code if "." in code or len(code) <= 3 else f"{code[:3]}.{code[3:]}"

    def clean(self) -> dict[str, Any]:
        """A take-over says from whom and until when."""
        said = super().clean() or {}
        if said.get("other_monitoring") in {"ended", "running"} and not said.get("other_monitoring_by"):
            self.add_error("other_monitoring_by", "Write which practice or company monitored the patient.")
        if said.get("other_monitoring") == "ended" and not said.get("other_monitoring_ended_on"):
            self.add_error("other_monitoring_ended_on", "Write the day it ended there; the end is asked for first.")
        seen_on = said.get("established_on")
        if seen_on is not None and seen_on > self.today:
            self.add_error("established_on", "The visit lies in the future. Enter the last one that took place.")
        return said


class OrderForm(CardForm):
    """What is ordered. Signed with the provider's own password."""

    wide = ("necessity", "goals")
    measures = forms.CharField(max_length=120, label="What is measured")
    frequency = forms.CharField(max_length=80, label="How often", initial="daily")
    device_kind = forms.CharField(max_length=80, label="Kind of device")
    starts_on = day(label="From")
    ends_on = day(label="to", required=False, help_text="Orders usually run a year; renew before it ends.")
    because = forms.CharField(max_length=200, required=False, label="Why it begins before today")
    necessity = forms.CharField(max_length=1000, label="Why remote", widget=text(2))
    goals = forms.CharField(max_length=2000, label="Goals", widget=text(2))
    password = forms.CharField(
        required=False,
        strip=False,
        label="Your password, to sign",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Only the ordering provider signs.",
    )


class ConsentForm(CardForm):
    """The patient's agreement, as it was asked and answered."""

    wide = ("cost_told", "one_provider_told", "right_to_stop_told")
    script = forms.ModelChoiceField(queryset=ConsentScript.objects.none(), empty_label="Choose", label="Script read")
    given_on = day(label="Agreed on")
    mode = forms.ChoiceField(choices=[("", "Choose"), *choices(Consent, "mode")], label="How")
    given_by = forms.ChoiceField(choices=choices(Consent, "given_by"), label="Who answered")
    given_by_name = forms.CharField(max_length=120, required=False, label="Name of the caregiver")
    because = forms.CharField(max_length=200, required=False, label="Why it is entered afterwards")
    paper = forms.FileField(required=False, label="Signed paper", help_text="PDF, JPEG or PNG, up to 5 MB.")
    cost_told = forms.BooleanField(required=False, label="Told what it may cost")
    one_provider_told = forms.BooleanField(required=False, label="Told that only one practice may bill it")
    right_to_stop_told = forms.BooleanField(required=False, label="Told that it can be stopped at any time")

    def offer(self) -> None:
        """Scripts in use in this practice."""
        rows = ConsentScript.objects.for_practice(self.practice).filter(in_use=True)
        self.fields["script"].queryset = rows.order_by("program", "language", "-version")  # type: ignore[attr-defined]


class DeviceForm(CardForm):
    """The device, by scanning or typing its number; one that is new is taken into stock with its model."""

    serial = forms.CharField(
        max_length=40,
        label="IMEI or serial number",
        help_text="Scan the barcode, or type the number.",
        widget=forms.TextInput(SCANNED | searching("enrollment:find_devices", "device-list")),
    )
    model = forms.ModelChoiceField(
        queryset=DeviceModel.objects.none(), required=False, empty_label="as in stock", label="Model, for a new device"
    )
    means = forms.ChoiceField(choices=[("here", "handed over"), ("shipped", "shipped")], label="How it gets there")
    tracking = forms.CharField(max_length=40, required=False, label="Tracking number")

    def offer(self) -> None:
        """Models of this practice."""
        self.fields["model"].queryset = DeviceModel.objects.for_practice(self.practice)  # type: ignore[attr-defined]


class EducationForm(CardForm):
    """Set-up and education as a dated event."""

    on = day(label="On")
    means = forms.ChoiceField(choices=[("", "Choose"), *choices(Episode, "education_means")], label="By what means")
    minutes = forms.IntegerField(min_value=1, max_value=240, label="Minutes")
    teach_back = forms.BooleanField(required=False, label="The patient showed it back")


class MoveForm(CardForm):
    """A change of state: the day, and the reason where one is needed."""

    on = day(label="On")
    reason = forms.CharField(max_length=200, required=False, label="Reason")
    goal_met = forms.BooleanField(required=False, label="The goal was met")


class StockForm(CardForm):
    """A device that comes into stock; a scanner types the number and presses Enter."""

    model = forms.ModelChoiceField(queryset=DeviceModel.objects.none(), empty_label="Choose")
    serial = forms.CharField(max_length=40, label="IMEI or serial number", widget=forms.TextInput(SCANNED))

    def offer(self) -> None:
        """Models of this practice."""
        self.fields["model"].queryset = DeviceModel.objects.for_practice(self.practice)  # type: ignore[attr-defined]
