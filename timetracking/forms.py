"""What a person enters about time and calls."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from rpm_portal.accounts.models import Membership, Practice
from timetracking.models import Activity, Channel, Outcome


class StartForm(forms.Form):
    """What the timer is started on."""

    activity = forms.ChoiceField(choices=Activity.choices, initial=Activity.REVIEW)
    stop_other = forms.BooleanField(required=False)


class VisitForm(forms.Form):
    """A visit as it took place: with whom, from when, how many minutes."""

    provider = forms.ModelChoiceField(queryset=Membership.objects.none(), label="With", empty_label="Choose")
    started_at = forms.DateTimeField(
        label="Began",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    minutes = forms.IntegerField(min_value=1, max_value=240, label="Minutes")

    def __init__(self, *args: Any, practice: Practice, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = practice.zone
        self.fields["provider"].queryset = (  # type: ignore[attr-defined]
            Membership.objects.for_practice(practice).in_force(on).billers_of_service().select_related("user")
        )

    def clean(self) -> dict[str, Any]:
        """Start and end as moments."""
        said = super().clean() or {}
        naive: datetime | None = said.get("started_at")
        if naive is not None and "minutes" in said:
            said["started_at"] = naive.replace(tzinfo=ZoneInfo(self.zone))
            said["ended_at"] = said["started_at"] + timedelta(minutes=said["minutes"])
        return said


class CallForm(forms.Form):
    """A call as it took place. Minutes and seconds of talk, from a start in the practice's zone."""

    channel = forms.ChoiceField(choices=Channel.choices, initial=Channel.PHONE, label="How")
    outcome = forms.ChoiceField(choices=[("", "Choose"), *Outcome.choices], label="What came of it")
    started_at = forms.DateTimeField(
        label="Began",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )
    minutes = forms.IntegerField(min_value=0, max_value=240, initial=0, label="Minutes")
    seconds = forms.IntegerField(min_value=0, max_value=59, initial=0, label="Seconds")
    showed = forms.CharField(
        required=False,
        max_length=4000,
        label="What the readings showed",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    decided = forms.CharField(
        required=False, max_length=4000, label="What was said and decided", widget=forms.Textarea(attrs={"rows": 3})
    )
    count_time = forms.BooleanField(
        required=False, initial=True, label="Count the call's time as mine (where no timer ran)"
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        """Start and end as moments; a conversation needs its length and its text."""
        said = super().clean() or {}
        naive: datetime | None = said.get("started_at")
        if naive is not None:
            start = naive.replace(tzinfo=ZoneInfo(self.zone))
            length = timedelta(minutes=said.get("minutes") or 0, seconds=said.get("seconds") or 0)
            said["started_at"], said["ended_at"] = start, start + length
        if said.get("outcome") in {Outcome.PATIENT, Outcome.CAREGIVER} and "minutes" in said and "seconds" in said:
            if not (said["minutes"] or said["seconds"]):
                self.add_error("minutes", "A conversation has a length. Enter how long you talked.")
            if not said.get("decided", "").strip():
                self.add_error("decided", "Write what was said and decided; an auditor looks for it.")
        return said
