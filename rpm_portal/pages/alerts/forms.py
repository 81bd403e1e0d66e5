"""Forms of the alerts inbox."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import forms

from monitoring.forms import DisplayUnitForm
from monitoring.models import Conclusion
from monitoring.rules.display_units import display_unit


class CloseForm(forms.Form):
    """The conclusion of a review, its note, and from when to when it was worked on, if no timer ran."""

    conclusion = forms.ChoiceField(choices=[(c.value, c.label) for c in Conclusion if c is not Conclusion.READ])
    note = forms.CharField(max_length=2000, error_messages={"required": "Write what you found or did."})
    start = forms.TimeField(required=False)
    end = forms.TimeField(required=False)

    def clean(self) -> dict[str, object]:
        """Both times or neither; the end comes after the start."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if (start is None) != (end is None):
            self.add_error(None, "Enter when the work began and when it ended, or neither.")
        elif start is not None and end is not None and end <= start:
            self.add_error(None, "The end must come after the start.")
        return cleaned

    def worked(self, today: date, zone: str) -> tuple[datetime, datetime] | None:
        """The times on the practice's day; None if none were entered."""
        start, end = self.cleaned_data["start"], self.cleaned_data["end"]
        if start is None:
            return None
        return tuple(datetime.combine(today, time, ZoneInfo(zone)) for time in (start, end))  # type: ignore[return-value]


class LimitForm(DisplayUnitForm):
    """A new limit of a metric; empty keeps the current one."""

    new_limit = forms.DecimalField(required=False, min_value=0, max_value=9999, max_digits=7, decimal_places=2)

    def clean(self) -> dict[str, object]:
        """Add the limit as it is stored, and the display unit in which it was typed."""
        cleaned = super().clean() or {}
        return cleaned | {
            "new_limit": self.stored("new_limit", self.of_metric),
            "unit": display_unit(self.of_metric, self.shown_in),
        }
