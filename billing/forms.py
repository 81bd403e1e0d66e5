"""Form for a manager's decision on a line."""

from django import forms

from billing.models import LineState


class LineForm(forms.Form):
    """The new state of a line, with the reason that holding or dropping needs."""

    to = forms.ChoiceField(choices=[(LineState.APPROVED, ""), (LineState.HELD, ""), (LineState.DROPPED, "")])
    reason = forms.CharField(max_length=300, required=False)
