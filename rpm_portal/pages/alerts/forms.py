"""Forms of the alerts inbox."""

from django import forms

from monitoring.models import Conclusion
from rpm_portal.pages.alerts.inbox import MAX_MINUTES


class CloseForm(forms.Form):
    """The conclusion of a review, its note, and the minutes it took."""

    conclusion = forms.ChoiceField(choices=[(c.value, c.label) for c in Conclusion if c is not Conclusion.READ])
    note = forms.CharField(max_length=2000, error_messages={"required": "Write what you found or did."})
    minutes = forms.IntegerField(required=False, min_value=0, max_value=MAX_MINUTES)


class LimitForm(forms.Form):
    """A new limit; empty keeps the current one."""

    new_limit = forms.DecimalField(required=False, min_value=0, max_value=9999, max_digits=7, decimal_places=2)
