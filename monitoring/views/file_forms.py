"""Form of how a file is read: date order, decimal sign, unit, and time zone."""

from typing import Unpack

from django import forms

from monitoring.ingest.file_values import COMMA, DAY_FIRST, MONTH_FIRST, POINT
from monitoring.intake.file_choices import TWO_UNITS, Choices
from rpm_portal.core.form_options import FormData, FormOptions
from rpm_portal.core.identifiers import validate_zone


class ReadAsForm(forms.Form):
    """How the file is read. A field is required if the file can be read in more than one way."""

    prefix = "as"
    date_order = forms.ChoiceField(
        required=False,
        label="Dates",
        choices=[("", "Choose"), (MONTH_FIRST, "month first, 06/15/2026"), (DAY_FIRST, "day first, 15/06/2026")],
    )
    decimal_sign = forms.ChoiceField(
        required=False, label="Decimal sign", choices=[("", "Choose"), (POINT, "point, 6.2"), (COMMA, "comma, 6,2")]
    )
    unit = forms.ChoiceField(required=False, label="Unit")
    zone = forms.CharField(max_length=64, required=False, label="Time zone of the file", validators=[validate_zone])

    def __init__(self, data: FormData = None, *, choices: Choices, zone: str, **options: Unpack[FormOptions]) -> None:
        mapping = choices.mapping
        chosen = {name: getattr(mapping, name) for name in ("date_order", "decimal_sign", "unit")}
        options.setdefault("initial", {**chosen, "zone": zone})
        super().__init__(data, **options)
        self.own_zone = zone
        units = TWO_UNITS.get(mapping.metric, ())
        self.fields["unit"].choices = [("", "Choose"), *((unit, unit) for unit in units)]  # type: ignore[attr-defined]
        for name in choices.asked:
            self.fields[name].required = True
        ways = choices.ways
        self.fields["date_order"].help_text = f"{ways.date_example} in this file." if ways.date_example else ""
        self.fields["decimal_sign"].help_text = f"{ways.number_example} in this file." if ways.number_example else ""
        # What no row depends on, and what the rows decide alone, is no choice.
        for name, possible in (("date_order", ways.date_orders), ("decimal_sign", ways.decimal_signs)):
            if not possible:
                del self.fields[name]
            elif len(possible) == 1:
                self.fields[name].disabled = True
        if not units:
            del self.fields["unit"]
