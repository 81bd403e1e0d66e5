"""Forms for timers, visits, calls and manual time entries."""

from datetime import date, datetime, timedelta
from typing import Unpack
from zoneinfo import ZoneInfo

from django import forms

from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.form_options import FormData, FormOptions
from timetracking.calls.call_log import outcome_error
from timetracking.calls.texts import open_brackets
from timetracking.models import SPOKEN, Activity, CallOutcome, Channel, Direction


class TimerForm(forms.Form):
    """The activity a timer is started on."""

    activity = forms.ChoiceField(choices=Activity.choices, initial=Activity.REVIEW)
    stop_other = forms.BooleanField(required=False)


class VisitForm(forms.Form):
    """A visit: its provider, start and minutes."""

    provider = forms.ModelChoiceField(queryset=Membership.objects.none(), label="With", empty_label="Choose")
    started_at = forms.DateTimeField(
        label="Began",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    minutes = forms.IntegerField(min_value=1, max_value=240, label="Minutes")

    def __init__(self, data: FormData = None, *, practice: Practice, on: date, **options: Unpack[FormOptions]) -> None:
        super().__init__(data, **options)
        self.zone = practice.zone
        self.fields["provider"].queryset = (  # type: ignore[attr-defined]
            Membership.objects.for_practice(practice).in_force(on).billers_of_service().select_related("user")
        )

    def clean(self) -> dict[str, object]:
        """Start and end with their zone."""
        cleaned = super().clean() or {}
        naive: datetime | None = cleaned.get("started_at")
        if naive is not None and "minutes" in cleaned:
            cleaned["started_at"] = naive.replace(tzinfo=ZoneInfo(self.zone))
            cleaned["ended_at"] = cleaned["started_at"] + timedelta(minutes=cleaned["minutes"])
        return cleaned


class CallForm(forms.Form):
    """A call: its start in the practice's time zone, minutes and seconds of talk, and notes."""

    direction = forms.ChoiceField(choices=Direction.choices, initial=Direction.OUT, label="Direction")
    channel = forms.ChoiceField(choices=Channel.choices, initial=Channel.PHONE, label="How")
    number = forms.CharField(required=False, max_length=20, label="Number")
    keep_number = forms.BooleanField(required=False, label="Save this number to the chart")
    outcome = forms.ChoiceField(choices=[("", "Choose"), *CallOutcome.choices], label="Outcome")
    spoke_with = forms.CharField(required=False, max_length=120, label="Caregiver's name")
    interpreter = forms.BooleanField(required=False, label="An interpreter helped")
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
        label="Readings reviewed",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    decided = forms.CharField(
        required=False, max_length=4000, label="Discussion and plan", widget=forms.Textarea(attrs={"rows": 5})
    )
    plan_changed = forms.BooleanField(required=False, label="Plan of care changed")
    next_contact_on = forms.DateField(
        required=False, label="Next contact", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    count_time = forms.BooleanField(
        required=False, initial=True, label="Add this call to my time (if no timer was running)"
    )
    alert = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: FormData = None, *, zone: str, **options: Unpack[FormOptions]) -> None:
        super().__init__(data, **options)
        self.zone = zone

    def clean(self) -> dict[str, object]:
        """Start and end with their zone; a conversation needs a length and a note, and no bracket may be left."""
        cleaned = super().clean() or {}
        naive: datetime | None = cleaned.get("started_at")
        if naive is not None:
            start = naive.replace(tzinfo=ZoneInfo(self.zone))
            length = timedelta(minutes=cleaned.get("minutes") or 0, seconds=cleaned.get("seconds") or 0)
            cleaned["started_at"], cleaned["ended_at"] = start, start + length
        if cleaned.get("outcome") in SPOKEN and "minutes" in cleaned and "seconds" in cleaned:
            if not (cleaned["minutes"] or cleaned["seconds"]):
                self.add_error("minutes", "Enter the length of the conversation.")
            if not cleaned.get("decided", "").strip():
                self.add_error("decided", "Enter the discussion and plan. Auditors look for this.")
        if cleaned.get("outcome") == CallOutcome.CAREGIVER and not cleaned.get("spoke_with", "").strip():
            self.add_error("spoke_with", "Enter the name of the person you spoke with.")
        if "outcome" in cleaned and (error := outcome_error(cleaned.get("channel", ""), cleaned["outcome"])):
            self.add_error("outcome", error)
        for name in ("showed", "decided"):
            if open_slots := open_brackets(cleaned.get(name, "")):
                more = f" and {len(open_slots) - 1} more" if open_slots[1:] else ""
                self.add_error(name, f"Fill in or delete {open_slots[0]}{more}.")
        return cleaned


NO_TIMER_REASONS = ["forgot to start the timer", "away from the desk", "home visit", "the system was down"]


class EntryForm(forms.Form):
    """Time entered by hand. Always a start and an end, never a number of minutes."""

    on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    start = forms.TimeField(label="From", widget=forms.TimeInput(attrs={"type": "time", "step": "1"}))
    end = forms.TimeField(label="to", widget=forms.TimeInput(attrs={"type": "time", "step": "1"}))
    activity = forms.ChoiceField()
    reason = forms.ChoiceField(
        label="Why no timer ran",
        choices=[("", "Choose"), *((why, why) for why in NO_TIMER_REASONS), ("other", "other")],
    )
    note = forms.CharField(label="In your words", required=False, max_length=200)
    staff = forms.ModelChoiceField(
        queryset=Membership.objects.none(), required=False, empty_label="me", label="Worked by"
    )
    joint_reason = forms.CharField(
        label="Reason for joint work",
        help_text="Only if another person worked on this patient for another program at the same time.",
        required=False,
        min_length=10,
        max_length=300,
    )

    def __init__(
        self,
        data: FormData = None,
        *,
        practice: Practice,
        activities: list[tuple[str, str]],
        today: date,
        others: bool,
        joint: bool = False,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, **options)
        self.zone, self.today = practice.zone, today
        if not joint:
            del self.fields["joint_reason"]
        self.fields["activity"].choices = activities  # type: ignore[attr-defined]
        if others:
            people = Membership.objects.for_practice(practice).in_force(today).select_related("user")
            self.fields["staff"].queryset = people.order_by("user__family_name")  # type: ignore[attr-defined]
        else:
            del self.fields["staff"]

    def clean(self) -> dict[str, object]:
        """Start and end with their zone; the reason as one text."""
        cleaned = super().clean() or {}
        on, start, end = cleaned.get("on"), cleaned.get("start"), cleaned.get("end")
        if on is not None and on > self.today:
            self.add_error("on", "Time cannot be entered before it is worked.")
        if start is not None and end is not None and end <= start:
            self.add_error("end", "The end must come after the start. Past midnight, enter each day's part.")
        if cleaned.get("reason") == "other" and len(cleaned.get("note", "").strip()) < 3:
            self.add_error("note", "Say in a few words why no timer ran.")
        if on is not None and start is not None and end is not None:
            zone = ZoneInfo(self.zone)
            cleaned["started_at"] = datetime.combine(on, start, zone)
            cleaned["stopped_at"] = datetime.combine(on, end, zone)
        words = [word for word in (cleaned.get("reason"), cleaned.get("note", "").strip()) if word and word != "other"]
        cleaned["why"] = ": ".join(words)
        return cleaned
