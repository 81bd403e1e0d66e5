"""What a person says about an alert."""

from django import forms

from monitoring.models import Conclusion


class ReviewForm(forms.Form):
    """The conclusion of a look, with a note where one is needed."""

    conclusion = forms.ChoiceField(choices=[(c.value, c.label) for c in Conclusion if c is not Conclusion.READ])
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
