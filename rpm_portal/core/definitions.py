"""What each figure of a page means, in whose time zone it counts, and when it is counted. Shown by its `i`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure: its name, its meaning, its time zone, and when it is counted."""

    term: str
    meaning: str
    zone: str
    counted: str


_PRACTICE = "The practice's time zone."
_PATIENT = "The patient's time zone."
_NOW = "When the page was opened."
_NIGHTLY = "At each calculation of the month: every night from the 20th, and when a person recalculates."
DEFINITIONS: dict[str, Definition] = {
    "device_days": Definition(
        "Device days",
        "Days of a device period with a reading that the device sent (RPM), or that the patient reported (RTM). "
        "Readings entered by staff or imported from a file do not count for RPM.",
        _PATIENT,
        _NOW,
    ),
    "device_period": Definition(
        "Device period",
        "Thirty days from the first reading after the last period ended. One device supply code is possible for each.",
        _PATIENT,
        _NOW,
    ),
    "minutes": Definition(
        "Minutes",
        "Billable time of the calendar month in minutes and seconds, of the people whose time counts for the payer. "
        "Nothing is rounded. Time inside a visit is not counted.",
        _PRACTICE,
        _NOW,
    ),
    "live_call": Definition(
        "Live call",
        "A conversation by phone or video with the patient or a caregiver. Voicemail and messages do not count.",
        _PRACTICE,
        _NOW,
    ),
    "last_reading": Definition(
        "Last reading",
        "The latest reading that is not void, by the time at which it was measured.",
        _PATIENT,
        _NOW,
    ),
    "seven_day_mean": Definition(
        "7-day mean",
        "The mean of the exact values of seven days. Values outside the range of the device are left out.",
        _PATIENT,
        _NOW,
    ),
    "inside_limits": Definition(
        "Inside limits",
        "The share of the readings in the days shown with no value outside a limit of this patient.",
        _PATIENT,
        _NOW,
    ),
    "patients_served": Definition("Patients served", "Patients in RPM or RTM on a day of the month.", _PRACTICE, _NOW),
    "lines_expected": Definition(
        "Lines expected", "Billable lines of the month, with lines that are pending or on hold.", _PRACTICE, _NIGHTLY
    ),
    "dollars_expected": Definition(
        "Dollars expected",
        "Units of the expected lines times the rates on file. It is neither a charge nor a payment.",
        _PRACTICE,
        _NIGHTLY,
    ),
    "at_risk": Definition(
        "Revenue at risk",
        "Codes that are not billable for a reason that can be fixed, at the rates on file.",
        _PRACTICE,
        _NIGHTLY,
    ),
    "blocked": Definition(
        "Blocked codes",
        "Codes whose requirements are met and that a missing document or a billing conflict stops.",
        _PRACTICE,
        _NIGHTLY,
    ),
    "time_source": Definition(
        "Time source",
        "How time was recorded: by a timer, in a call, on the same day, later, or on behalf of another person.",
        _PRACTICE,
        "When the entry was saved.",
    ),
    "open_alerts": Definition("Open alerts", "Alerts that are not closed, in the practice.", _PRACTICE, _NOW),
}
