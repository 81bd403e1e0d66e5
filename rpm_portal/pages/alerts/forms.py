"""What a person says about an alert."""

from django import forms

from monitoring.models import Conclusion
from rpm_portal.pages.alerts.inbox import MOST_MINUTES


class CloseForm(forms.Form):
    """What came of a look, the note that goes with it, and the minutes it took."""

    conclusion = forms.ChoiceField(choices=[(c.value, c.label) for c in Conclusion if c is not Conclusion.READ])
    note = forms.CharField(max_length=2000, error_messages={"required": "Write what you found or did."})
    minutes = forms.IntegerField(required=False, min_value=0, max_value=MOST_MINUTES)


class LimitForm(forms.Form):
    """Another limit, or none: then it stands."""

    new_limit = forms.DecimalField(required=False, min_value=0, max_value=9999, max_digits=7, decimal_places=2)
