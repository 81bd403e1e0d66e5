"""Fields and widgets shared by the forms."""

from typing import Any

from django import forms
from django.db.models import Model
from django.urls import reverse_lazy


def search_attributes(url_name: str, list_id: str) -> dict[str, object]:
    """HTML attributes of a field that searches while typing and offers matches from a datalist."""
    return {
        "list": list_id,
        "autocomplete": "off",
        "hx-post": reverse_lazy(url_name),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": f"#{list_id}",
        "hx-params": "diagnosis,serial",
        "hx-sync": "this:replace",
    }


class DayInput(forms.DateInput):
    """A day, with the browser's date picker, or typed as 2026-11-21."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day(**options: Any) -> forms.DateField:
    """A field for one day."""
    return forms.DateField(widget=DayInput(), **options)


def choices(model: type[Model], name: str) -> list[tuple[str, str]]:
    """The choices of a model's field."""
    return [(str(value), str(label)) for value, label in model._meta.get_field(name).choices or []]  # type: ignore[union-attr]


def text(rows: int = 3) -> forms.Textarea:
    """A widget for several lines of text."""
    return forms.Textarea(attrs={"rows": rows})
