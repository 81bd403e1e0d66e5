"""Forms that repair an unmatched reading."""

from datetime import datetime
from typing import Required, Unpack
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from enrollment.models import DeviceModel, Enrollment
from enrollment.queries import patients
from monitoring.models import UNIT_CHOICES
from rpm_portal.accounts.models import Practice
from rpm_portal.core.form_options import FormData, FormOptions

MAX_MATCHES = 8


class MomentOptions(FormOptions, total=False):
    """The options of a `LocalMomentForm`."""

    zone: Required[str]
    moment: datetime | None


class LocalMomentForm(forms.Form):
    """A form with a date and a time in a zone; `moment` is the aware datetime."""

    on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), label="Date")
    at = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time", "step": "1"}), label="Time")

    def __init__(
        self, data: FormData = None, *, zone: str, moment: datetime | None = None, **options: Unpack[FormOptions]
    ) -> None:
        self.zone = ZoneInfo(zone)
        local = moment.astimezone(self.zone) if moment is not None else None
        initial = {"on": local.date(), "at": local.time().replace(microsecond=0)} if local is not None else {}
        options.setdefault("initial", initial)
        super().__init__(data, **options)

    def moment(self) -> datetime:
        """The moment that was entered."""
        return datetime.combine(self.cleaned_data["on"], self.cleaned_data["at"], self.zone)


class AssignForm(LocalMomentForm):
    """The patient of a device, and its model if it is not registered.

    The patient is found by the words of `who`; several matches are offered in `chosen`.
    """

    model = forms.ModelChoiceField(queryset=DeviceModel.objects.none(), empty_label="Choose", label="Model")
    who = forms.CharField(max_length=80, required=False, label="Patient", help_text="Name, birth date, MRN, or phone.")
    chosen = forms.ChoiceField(required=False, widget=forms.RadioSelect, label="Enrollment")
    field_order = ["model", "who", "chosen", "on", "at"]

    def __init__(
        self, data: FormData = None, *, practice: Practice, is_registered: bool, **options: Unpack[MomentOptions]
    ) -> None:
        super().__init__(data, **options)
        self.enrollments = self._matches(practice)
        self.fields["model"].queryset = DeviceModel.objects.for_practice(practice)  # type: ignore[attr-defined]
        self.fields["on"].label, self.fields["at"].label = "With the patient from", "Time"
        self.fields["chosen"].choices = [  # type: ignore[attr-defined]
            (row.public_id, f"{row.patient}, {row.patient.born_on:%b %-d, %Y}, MRN {row.patient.mrn}, {row.program}")
            for row in self.enrollments
        ]
        if is_registered:
            del self.fields["model"]
        if not self.enrollments:
            del self.fields["chosen"]

    def _matches(self, practice: Practice) -> list[Enrollment]:
        words = str(self.data.get("who", "")).strip()[:80] if self.is_bound else ""
        found = list(patients(practice, words=words)[:MAX_MATCHES]) if words else []
        rows = [row for patient in found for row in patient.listed_enrollments if row.state != "discharged"]
        return [row for row in rows if row.state != "draft"]

    def clean(self) -> dict[str, object]:
        """Require one enrollment: the chosen one, or the only match."""
        cleaned = super().clean() or {}
        by_id = {row.public_id: row for row in self.enrollments}
        if len(by_id) == 1:
            cleaned["enrollment"] = self.enrollments[0]
        elif cleaned.get("chosen") in by_id:
            cleaned["enrollment"] = by_id[cleaned["chosen"]]
        elif by_id:
            self.add_error("chosen", "Choose the enrollment.")
        else:
            self.add_error("who", "No patient in monitoring matches. Enter a name, birth date, MRN, or phone number.")
        return cleaned


class ClockForm(LocalMomentForm):
    """The right moment of a reading with a wrong clock."""

    every = forms.BooleanField(
        required=False, initial=True, label="Move all waiting readings of this device by the same time"
    )
    reason = forms.CharField(max_length=300, label="Reason (at least 10 characters)")

    def __init__(self, data: FormData = None, **options: Unpack[MomentOptions]) -> None:
        super().__init__(data, **options)
        self.fields["on"].label, self.fields["at"].label = "Measured on", "Time"


class UnitForm(forms.Form):
    """The units of values that a source sends without one."""

    weight_unit = forms.ChoiceField(
        required=False, choices=[("", "Choose"), *UNIT_CHOICES["weight"]], label="Weights of this source are in"
    )
    temperature_unit = forms.ChoiceField(
        required=False,
        choices=[("", "Choose"), *UNIT_CHOICES["temperature"]],
        label="Temperatures of this source are in",
    )
    glucose_unit = forms.ChoiceField(
        required=False, choices=[("", "Choose"), *UNIT_CHOICES["glucose"]], label="Glucose of this source is in"
    )

    def clean(self) -> dict[str, object]:
        """Require at least one unit; what was not chosen is left out and stays as it is."""
        chosen = {name: unit for name, unit in (super().clean() or {}).items() if unit}
        if not chosen and not self.errors:
            raise ValidationError("Choose the unit.")
        return chosen
