"""Fields and widgets the cards share."""

from typing import Any

from django import forms
from django.db.models import Model
from django.urls import reverse_lazy


def searching(address: str, listed: str) -> dict[str, Any]:
    """Attributes of a field that searches as it is typed and offers what was found in a list."""
    return {
        "list": listed,
        "autocomplete": "off",
        "hx-post": reverse_lazy(address),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": f"#{listed}",
        "hx-params": "diagnosis,serial",
        "hx-sync": "this:replace",
    }


class DayInput(forms.DateInput):
    """A day, by the browser's own picker; typed as 2026-11-21 where there is none."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day(**more: Any) -> forms.DateField:
    """A field for one day."""
    return forms.DateField(widget=DayInput(), **more)


def choices(model: type[Model], name: str) -> list[tuple[str, str]]:
    """The choices of a model's field."""
    return [(str(value), str(label)) for value, label in model._meta.get_field(name).choices or []]  # type: ignore[union-attr]


def text(rows: int = 3) -> forms.Textarea:
    """A field for some sentences."""
    return forms.Textarea(attrs={"rows": rows})
