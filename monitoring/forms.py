"""Forms for a patient's limits, goals, rules, readings and files, and for senders."""

import math
from decimal import Decimal
from typing import Any, Required, Unpack

from django import forms
from django.core.exceptions import ValidationError

from monitoring.ingest import PART_NAMES
from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.registry import senders
from monitoring.ingest.values import POSSIBLE
from monitoring.ingest.vendors.files import UNIT_CHOICES as FILE_UNITS
from monitoring.intake.patient_devices import PatientDevice
from monitoring.models import UNIT_CHOICES, Metric, Severity
from monitoring.rules.bounds import BOUNDS, ROWS, check_order
from monitoring.rules.display_units import RULE_UNITS, decimals, display_unit, in_rule_unit, stored_value, unit_label
from monitoring.rules.multi_value import MAX_DAYS
from rpm_portal.core.form_options import FormData, FormOptions
from rpm_portal.core.unit_systems import UnitSystem


class DisplayUnitForm(forms.Form):
    """A form with values in display units. It carries the units of the page in a hidden field.

    What was typed in pounds is read in pounds, even if the practice's setting changed while the page was open.
    `metric` is what the form is about, if it is about one.
    """

    units = forms.ChoiceField(choices=UnitSystem.choices, required=False, widget=forms.HiddenInput)

    def __init__(self, data: FormData = None, *, units: str, metric: str = "", **options: Any) -> None:
        super().__init__(data, **options)
        self.of_metric = metric
        sent = self.data.get("units") if self.is_bound else self.initial.get("units")
        self.shown_in: str = sent if sent in UnitSystem.values else units
        self.initial = {**self.initial, "units": self.shown_in}

    def stored(self, name: str, metric: str) -> Decimal | None:
        """A field's value as it is stored. Adds an error for too many decimals or an impossible value."""
        value, unit = self.cleaned_data.get(name), display_unit(metric, self.shown_in)
        if value is None or not unit:
            return value
        if value != round(value, decimals(unit)):
            self.add_error(name, f"Enter {unit_label(metric, unit)} with at most one decimal.")
        stored, (low, high) = stored_value(value, unit), POSSIBLE[metric]
        if not low <= stored <= high:
            first, last = math.ceil(in_rule_unit(low, unit)), math.floor(in_rule_unit(high, unit))
            self.add_error(name, f"Enter a value from {first} to {last} {unit_label(metric, unit)}.")
        return stored


class LimitsForm(DisplayUnitForm):
    """A patient's limits and goals; fields are named metric, part, bound."""

    goals = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    begun_from = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def __init__(self, data: FormData = None, *, units: str, **options: Unpack[FormOptions]) -> None:
        super().__init__(data, units=units, **options)
        for metric, part, _ in ROWS:
            for bound in BOUNDS:
                self.fields[f"{metric}-{part}-{bound}"] = forms.DecimalField(
                    required=False,
                    min_value=0,
                    max_value=9999,
                    max_digits=7,
                    decimal_places=decimals(display_unit(metric, self.shown_in)),
                    label=f"{self.label_of(metric, part)}, {bound.replace('_', ' ')}",
                )

    def label_of(self, metric: str, part: int) -> str:
        """The name of a limit's value with its unit: Weight, lb."""
        name = next(name for known, number, name in ROWS if (known, number) == (metric, part))
        return f"{name}, {unit_label(metric, display_unit(metric, self.shown_in), part)}"

    def clean(self) -> dict[str, object]:
        """Add an error to the row of limits that cross."""
        cleaned = super().clean() or {}
        for metric, part, _ in ROWS:
            bounds = {bound: cleaned.get(f"{metric}-{part}-{bound}") for bound in BOUNDS}
            try:
                check_order(bounds)
            except ValidationError as error:
                self.add_error(f"{metric}-{part}-low", error)
        return cleaned

    def limits(self) -> dict[tuple[str, int], dict[str, object]]:
        """The bounds by (metric, part) as they are stored, and the unit in which they were typed."""
        limits: dict[tuple[str, int], dict[str, object]] = {}
        for metric, part, _ in ROWS:
            unit = display_unit(metric, self.shown_in)
            limits[metric, part] = {"unit": unit}
            for bound in BOUNDS:
                value = self.cleaned_data[f"{metric}-{part}-{bound}"]
                limits[metric, part][bound] = None if value is None else stored_value(value, unit)
        return limits

    def rows(self) -> list[tuple[str, list[object]]]:
        """Each limit's label with its four fields."""
        return [
            (self.label_of(metric, part), [self[f"{metric}-{part}-{bound}"] for bound in BOUNDS])
            for metric, part, _ in ROWS
        ]


# The values a rule can use: "blood_pressure:1" is the systolic value, "weight:1:lb" a weight in pounds.
PARTS = [
    choice
    for metric, names in PART_NAMES.items()
    for part, name in enumerate(names, start=1)
    for choice in (
        *((f"{metric}:{part}:{unit}", f"{name}, {label}") for unit, label in RULE_UNITS.get(metric, {}).items()),
        (f"{metric}:{part}", f"{name}, {unit_label(metric, '', part)}"),
    )
]


def _measure(choice: str) -> dict[str, object]:
    """The metric, part and unit of a choice of `PARTS`, as a rule's spec has them."""
    metric, part, unit = (*choice.split(":"), "")[:3]
    return {"metric": metric, "part": int(part), **({"unit": unit} if unit else {})}


class RuleForm(forms.Form):
    """A rule over more than one value, with labels for nurses; `spec` is the rule as it is stored."""

    KINDS = [
        ("change", "a change within days"),
        ("average", "an average of days"),
        ("absence", "no data for days"),
        ("pair", "a change, and another value with it"),
    ]
    kind = forms.ChoiceField(choices=KINDS)
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.HIGH)
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, initial=3)
    what = forms.ChoiceField(choices=PARTS, required=False, label="Of", initial="weight:1:lb")
    side = forms.ChoiceField(
        choices=[("up", "up, or above"), ("down", "down, or below")], required=False, label="Direction"
    )
    amount = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=9999,
        max_digits=7,
        decimal_places=2,
        label="By, or beyond",
        help_text="For a change how much, for an average the bound.",
    )
    with_what = forms.ChoiceField(choices=PARTS, required=False, label="And with it", initial="spo2:1")
    with_side = forms.ChoiceField(choices=[("below", "below"), ("above", "above")], required=False, label="Which is")
    with_amount = forms.DecimalField(
        required=False, min_value=0, max_value=9999, max_digits=7, decimal_places=2, label="The bound"
    )

    def clean(self) -> dict[str, object]:
        """Require the fields of the chosen kind."""
        cleaned = super().clean() or {}
        if cleaned.get("kind") != "absence" and cleaned.get("amount") is None:
            self.add_error("amount", "Write a number.")
        if cleaned.get("kind") == "pair" and cleaned.get("with_amount") is None:
            self.add_error("with_amount", "Write a number.")
        return cleaned

    def spec(self) -> dict[str, Any]:
        """The rule as it is stored."""
        cleaned = self.cleaned_data
        kind = cleaned["kind"]
        if kind == "absence":
            return {"kind": "absence", "days": cleaned["days"]}
        up = cleaned["side"] != "down"
        own = _measure(cleaned["what"] or "weight:1:lb") | {"days": cleaned["days"]}
        if kind == "average":
            return own | {"kind": "average", "above" if up else "below": float(cleaned["amount"])}
        change = own | {"kind": "change", "by": float(cleaned["amount"]) * (1 if up else -1)}
        if kind == "change":
            return change
        single = {"kind": "value", **_measure(cleaned["with_what"] or "spo2:1")}
        return {
            "kind": "pair",
            "both": [change, single | {cleaned["with_side"] or "below": float(cleaned["with_amount"])}],
        }


class PatientDeviceOptions(FormOptions, total=False):
    """The options of a `PatientDeviceForm`."""

    assignments: Required[list[PatientDevice]]


class PatientDeviceForm(forms.Form):
    """A form about one of the devices a patient has or had."""

    device = forms.ChoiceField()

    def __init__(
        self, data: FormData = None, *, assignments: list[PatientDevice], **options: Unpack[FormOptions]
    ) -> None:
        super().__init__(data, **options)
        self.assignments = {row.pk: row for row in assignments}
        self.fields["device"].choices = [(row.pk, str(row.device)) for row in assignments]  # type: ignore[attr-defined]

    def assignment(self) -> PatientDevice:
        """The chosen device with its period with the patient."""
        return self.assignments[self.cleaned_data["device"]]


class FileForm(PatientDeviceForm):
    """A file to import."""

    device = forms.ChoiceField(label="From which device")
    file = forms.FileField(required=False, label="CSV file, up to 2 MB")


class MappingForm(forms.Form):
    """The columns of a file by their meaning."""

    metric = forms.ChoiceField(choices=Metric.choices, label="What was measured")
    moment = forms.ChoiceField(label="Moment, or date")
    time = forms.ChoiceField(required=False, label="Time, where it has a column of its own")
    first = forms.ChoiceField(label="Value, or systolic")
    second = forms.ChoiceField(required=False, label="Diastolic, or FEV1")
    pulse = forms.ChoiceField(required=False)
    unit = forms.ChoiceField(required=False, choices=[(unit, unit or "our own") for unit in FILE_UNITS])
    only_column = forms.ChoiceField(required=False, label="Only rows where")
    only_value = forms.CharField(required=False, max_length=60, label="is", help_text="Several by comma: 0,1,2")
    more = forms.MultipleChoiceField(required=False, label="Further columns of values")

    def __init__(
        self, data: FormData = None, *, columns: list[str], known: Mapping | None = None, **options: Unpack[FormOptions]
    ) -> None:
        super().__init__(data, **options)
        every = [(name, name) for name in columns if name]
        self.known = known
        for name in ("moment", "first", "more"):
            self.fields[name].choices = every  # type: ignore[attr-defined]
        for name in ("time", "second", "pulse", "only_column"):
            self.fields[name].choices = [("", "none"), *every]  # type: ignore[attr-defined]

    def mapping(self) -> Mapping:
        """The mapping for the file's parser."""
        cleaned = dict(self.cleaned_data)
        values = tuple(value.strip() for value in cleaned.pop("only_value").split(","))
        cleaned["more"] = tuple(cleaned["more"])
        # The sensor's range is known for a recognized export, if the value is read from its own column.
        known = self.known if self.known is not None and self.known.first == cleaned["first"] else None
        meter, strips = (known.meter, known.strips) if known else ((), ())
        irregular = known.irregular if known else ""
        # The zone belongs to the column of the moment.
        zone = self.known.zone if self.known is not None and self.known.moment == cleaned["moment"] else ""
        return Mapping(**cleaned, only_values=values, meter=meter, strips=strips, zone=zone, irregular=irregular)


class SourceForm(forms.Form):
    """A sender of readings."""

    name = forms.CharField(max_length=60)
    shape = forms.ChoiceField(choices=[(vendor.shape, vendor.label) for vendor in senders()], label="Whose bodies")
    weight_unit = forms.ChoiceField(required=False, label="Unit of weights without one")
    temperature_unit = forms.ChoiceField(required=False, label="Unit of temperatures without one")
    glucose_unit = forms.ChoiceField(required=False, label="Unit of glucose without one")

    def __init__(self, data: FormData = None, **options: Unpack[FormOptions]) -> None:
        super().__init__(data, **options)
        for metric, choices in UNIT_CHOICES.items():
            field = self.fields[f"{metric}_unit"]
            field.choices = [("", "not needed"), *choices]  # type: ignore[attr-defined]
            names = [vendor.label for vendor in senders() if metric in vendor.unit_settings]
            field.help_text = f"For {', '.join(names)}." if names else ""
