"""What a manager decides about a line."""

from django import forms

from billing.models import LineState


class LineForm(forms.Form):
    """Where a line moves, with the reason that a hold or a drop needs."""

    to = forms.ChoiceField(choices=[(LineState.APPROVED, ""), (LineState.HELD, ""), (LineState.DROPPED, "")])
    reason = forms.CharField(max_length=300, required=False)
