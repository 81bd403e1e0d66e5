"""What a person says about an alert."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from monitoring.bounds import BOUNDS, ROWS, check_order
from monitoring.models import Conclusion


class ReviewForm(forms.Form):
    """The conclusion of a look, with a note where one is needed."""

    conclusion = forms.ChoiceField(choices=[(c.value, c.label) for c in Conclusion if c is not Conclusion.READ])
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class LimitsForm(forms.Form):
    """A patient's limits and goals; bounds are named metric, part, bound."""

    goals = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for metric, part, label in ROWS:
            for bound in BOUNDS:
                self.fields[f"{metric}-{part}-{bound}"] = forms.DecimalField(
                    required=False, min_value=0, max_value=9999, max_digits=7, decimal_places=2,
                    label=f"{label}, {bound.replace('_', ' ')}",
                )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Limits that cross are refused beside their row."""
        said = super().clean() or {}
        for metric, part, _ in ROWS:
            bounds = {bound: said.get(f"{metric}-{part}-{bound}") for bound in BOUNDS}
            try:
                check_order(bounds)
            except ValidationError as error:
                self.add_error(f"{metric}-{part}-low", error)
        return said

    def limits(self) -> dict[tuple[str, int], dict[str, Any]]:
        """The bounds by (metric, part)."""
        return {
            (metric, part): {bound: self.cleaned_data[f"{metric}-{part}-{bound}"] for bound in BOUNDS}
            for metric, part, _ in ROWS
        }

    def rows(self) -> list[tuple[str, list[Any]]]:
        """Each limit's label with its four fields."""
        return [(label, [self[f"{metric}-{part}-{bound}"] for bound in BOUNDS]) for metric, part, label in ROWS]
