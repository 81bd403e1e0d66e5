"""Forms of the alerts inbox."""

from django import forms

from monitoring.forms import DisplayUnitForm
from monitoring.models import Conclusion
from monitoring.rules.display_units import display_unit
from rpm_portal.pages.alerts.inbox import MAX_MINUTES


class CloseForm(forms.Form):
    """The conclusion of a review, its note, and the minutes it took."""

    conclusion = forms.ChoiceField(choices=[(c.value, c.label) for c in Conclusion if c is not Conclusion.READ])
    note = forms.CharField(max_length=2000, error_messages={"required": "Write what you found or did."})
    minutes = forms.IntegerField(required=False, min_value=0, max_value=MAX_MINUTES)


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
