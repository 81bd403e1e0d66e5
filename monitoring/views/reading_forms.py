"""Forms for a reading that a person enters or corrects, in the practice's units."""

from datetime import date, datetime
from itertools import zip_longest
from typing import Unpack
from zoneinfo import ZoneInfo

from django import forms

from monitoring.forms import DisplayUnitForm, PatientDeviceForm, PatientDeviceOptions
from monitoring.ingest import PART_NAMES
from monitoring.ingest.vendors.portal import FIELDS
from monitoring.models import Metric
from monitoring.rules.display_units import display_unit, unit_label
from rpm_portal.core.form_options import FormData, FormOptions

VALUES = ("first", "second", "third")


class ReadingForm(DisplayUnitForm, PatientDeviceForm):
    """A reading that staff measured or the patient reported."""

    kind = forms.ChoiceField(
        choices=[("patient", "reported by the patient"), ("staff", "measured by staff")], label="How it is known"
    )
    device = forms.ChoiceField(label="With which device")
    metric = forms.ChoiceField(choices=Metric.choices, label="What was measured")
    on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}))
    first = forms.DecimalField(max_digits=6, decimal_places=2, label="Value, or systolic")
    second = forms.DecimalField(max_digits=6, decimal_places=2, required=False, label="Diastolic, or FEV1")
    third = forms.DecimalField(max_digits=6, decimal_places=2, required=False, label="Pulse")

    field_order = ["kind", "device"]

    def __init__(
        self, data: FormData = None, *, zone: str, units: str, **options: Unpack[PatientDeviceOptions]
    ) -> None:
        super().__init__(data, units=units, **options)
        self.zone = ZoneInfo(zone)
        self.fields["metric"].choices = [  # type: ignore[attr-defined]
            (metric, f"{label} ({unit_label(metric, display_unit(metric, self.shown_in))})")
            for metric, label in Metric.choices
        ]

    def clean(self) -> dict[str, object]:
        """Add the moment in the patient's zone, and the values in their order, as they are stored."""
        cleaned = super().clean() or {}
        on, at, metric = cleaned.get("on"), cleaned.get("at"), cleaned.get("metric")
        if isinstance(on, date) and at is not None:
            cleaned["measured_at"] = datetime.combine(on, at, self.zone)
        if metric:
            names = VALUES[: len(FIELDS[metric])]
            cleaned["values"] = [self.stored(name, metric) for name in names]
        if metric == Metric.BLOOD_PRESSURE and cleaned.get("second") is None:
            self.add_error("second", "A blood pressure has a diastolic value.")
        return cleaned


class CorrectionForm(DisplayUnitForm):
    """The reason to void a reading, and its corrected values; without values it is only voided."""

    first = forms.DecimalField(max_digits=6, decimal_places=2, required=False)
    second = forms.DecimalField(max_digits=6, decimal_places=2, required=False)
    third = forms.DecimalField(max_digits=6, decimal_places=2, required=False)
    reason = forms.CharField(max_length=200, label="Reason")

    def __init__(self, data: FormData = None, *, metric: str, units: str, **options: Unpack[FormOptions]) -> None:
        super().__init__(data, metric=metric, units=units, **options)
        unit = display_unit(metric, self.shown_in)
        names = enumerate(PART_NAMES[metric], start=1)
        words = [f"{name[0].upper()}{name[1:]}, {unit_label(metric, unit, part)}" for part, name in names]
        words += ["Pulse"] if metric == Metric.BLOOD_PRESSURE else []
        for name, label in zip_longest(VALUES, words):
            if label is None:
                del self.fields[name]
            else:
                self.fields[name].label = label

    def clean(self) -> dict[str, object]:
        """Add the corrected values in the metric's order, as they are stored."""
        cleaned = super().clean() or {}
        cleaned["values"] = [self.stored(name, self.of_metric) for name in VALUES]
        return cleaned

    def values(self) -> list[object]:
        """The corrected values, in the metric's order; the first is None if the reading is only voided."""
        values: list[object] = self.cleaned_data["values"]
        return values
