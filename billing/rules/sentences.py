"""Sentences of findings, with their numbers. They are rendered when read; the engine stores only codes and values."""

from collections.abc import Mapping
from datetime import date

SENTENCES: dict[str, str] = {
    # eligibility
    "ORDER_MISSING": "No signed practitioner order covers this month. Have the ordering provider sign one.",
    "ORDER_ON_FILE": "A signed order is on file{since}.",
    "CONSENT_MISSING": "No documented consent covers this month. Record when, how and by whom it was given.",
    "CONSENT_EXPIRED": "The consent of {on} is older than the {months} months this payer accepts. Ask again.",
    "CONSENT_ON_FILE": "Consent is documented{since}.",
    "DIAGNOSIS_MISSING": "No diagnosis is recorded. Add the condition that is monitored.",
    "DIAGNOSIS_NOT_COVERED": "This payer does not cover remote monitoring for {diagnosis}; it covers {scope}.",
    "DIAGNOSIS_COVERED": "The diagnosis {diagnosis} is covered.",
    "PATIENT_NOT_ESTABLISHED": "RPM needs an established patient, and no earlier visit with this practice is recorded.",
    "PATIENT_ESTABLISHED": "The patient is established with this practice.",
    "DEVICE_NOT_FDA_DEFINED": "No device in use is a medical device as FDA defines it (section 201(h)).",
    "DEVICE_FDA_DEFINED": "The device is a medical device as FDA defines it.",
    "PRIOR_AUTH_MISSING": "This payer wants an authorisation before the service, and none is recorded.",
    "RULE_YEAR_NOT_LOADED": "Date of service is in {year}; waits for the {year} rules.",
    # conflicts
    "OTHER_PRACTITIONER_BILLED": "Another practice billed {code} for {on}; only one practitioner may bill the period.",
    "NO_OTHER_PRACTITIONER": "No other practice is known to have billed remote monitoring in this period.",
    "RPM_RTM_SAME_MONTH": "{code} of the other monitoring family was billed for {on}; RPM and RTM are not both billed.",
    "GLOBAL_PERIOD_CONFLICT": "The care belongs to a surgical global period of the same practitioner.",
    "MUTUALLY_EXCLUSIVE_99091": "99091 was reported for {on}; it is not billed beside management in one month.",
    "SEPARATE_TIME_DOCUMENTATION_REQUIRED": (
        "99091 was reported for {on}; this payer allows both when the minutes are documented apart."
    ),
    "MUTUALLY_EXCLUSIVE_SMBP": "{code} was reported for {on}; it is not billed beside device supply and set-up.",
    "MGMT_ALREADY_BILLED_THIS_MONTH": "Management was already billed: {code} on {on}. One base code is billed a month{apart}.",
    "DEVICE_CODE_ALREADY_BILLED_FOR_PERIOD": (
        "{code} was already billed for the period from {start}. A changed count is a replacement claim (frequency 7), "
        "not a second code; the days on file now support {supports}."
    ),
    "ANNUAL_CAP_REACHED": "This payer pays {code} {cap} times a year, and {used} are billed in {year}.",
    # device supply
    "DEVICE_DAYS_MET": "{days} reading days from {start} to {end}; {code} needs {need}.",
    "DEVICE_DAYS_BELOW_MIN": "{days} of {need} reading days from {start} to {end}; {missing} missing.",
    "DEVICE_SHORT_OF_CODE": "{code} needs {need} reading days; {days} from {start} to {end}, {missing} missing.",
    "DEVICE_CODE_EXCLUDED": "{code} is not billed beside {other} for the same period, and {other} is earned.",
    "DEVICE_PERIOD_OPEN": (
        "The period from {start} runs to {end}; {days} reading days so far. It is decided when it ends."
    ),
    "DATE_OF_SERVICE_WAITS": "Date of service is in {year}; waits for the {year} rules.",
    "EARLY_CLOSE_NOT_PAID": "Monitoring ended on {on}, before the 30 days from {start} did; this payer pays whole periods.",
    "DEVICE_PERIOD_BEFORE_ORDER": "The period begins on {start}, before order and consent were both in force on {from_day}.",
    "DEVICE_NO_PERIOD": "No device period touches this month: no qualifying reading has arrived.",
    "RTM_SYSTEM_MISSING": "RTM device supply is billed by body system, and none is recorded.",
    "SELF_REPORTED_DAYS_EXCLUDED": "{days} days hold only values the patient reported; RPM counts what the device sent.",
    "EARLY_CLOSE": "Monitoring ended on {on}, before the 30 days were over ({end}). Check that the payer accepts this.",
    "PERIOD_STRADDLES_RULE_YEAR": "The period from {start} to {end} crosses a rule year; it is decided by the day it ends.",
    # set-up
    "SETUP_NOT_DOCUMENTED": "Set-up and patient education are not documented for this episode.",
    "SETUP_ALREADY_BILLED_IN_EPISODE": "Set-up was already billed in this episode; it is billed once, not per device.",
    "SETUP_BILLED_BEFORE": "Set-up was billed earlier in this episode, and no new one is documented.",
    "SETUP_MIN_DAYS_NOT_MET": "Set-up needs a device period with {need} reading days; the best has {days}.",
    "SETUP_WAITING_FIRST_PERIOD": "Set-up is billed with the first device period, which has not ended in this month.",
    "SETUP_DAYS_MET": "Set-up is documented and the period to {end} has {days} reading days; {need} are needed.",
    # time
    "MGMT_TIME_MET": "{have} counted in {span}; {code} needs {need}.",
    "MGMT_TIME_BELOW_MIN": "{have} of {need} counted in {span}; {missing} missing.",
    "MGMT_SHORT_OF_CODE": "{code} needs {need}; {have} counted, {missing} missing.",
    "MGMT_CODE_EXCLUDED": "{code} is not billed beside {other} in one month, and {other} is earned.",
    "MGMT_NOT_PROVIDED": "No treatment-management time and no conversation is recorded in {span}.",
    "CODE_NOT_IN_FORCE": "{code} does not exist on {on}, its date of service.",
    "MGMT_PERIOD_OPEN": "This payer counts management in the 30-day device period, and none ends in this month.",
    "UNITS_CAPPED_MUE": "{have} would make {earned} units of {code}; at most {cap} are billed.",
    "STAFF_TIME_EXCLUDED_BY_POLICY": "{have} of clinical staff time is not counted: this payer counts {counts}.",
    "NON_CLINICAL_TIME_EXCLUDED": "{have} of non-clinical time is not counted.",
    "OTHER_PROVIDER_TIME_NOT_POOLED": "{have} of other providers is not counted: this payer counts the billing provider's own.",
    "NOT_LIVE_TIME_EXCLUDED": "{have} on messages or on calls that reached nobody is not counted by this payer.",
    "EM_TIME_EXCLUDED": "{have} inside or beside a same-day visit is not counted.",
    "OVERLAP_TIME_DEDUPED": "{have} was recorded twice, for two people or two programs at once, and counts once.",
    "TIME_BEFORE_SERVICE": "{have} before order and consent were both in force is not counted.",
    "TIME_AFTER_SERVICE": "{have} after monitoring ended is not counted.",
    "NON_BILLABLE_ACTIVITY": "{have} of set-up, support or scheduling is not counted.",
    "SUPERVISION_NOT_DOCUMENTED": "{have} is clinical staff time, and no supervising practitioner is on record.",
    "SUPERVISION_ON_RECORD": "A supervising practitioner is on record for the clinical staff time.",
    "RTM_CODED_AS_RPM_BY_POLICY": "This payer wants RTM management under RPM codes; Medicare calls that miscoding.",
    # other programs that share the month
    "CARE_TIME_MET": "{have} recorded in {program}; {code} needs {need}. It is billed from that program's own record.",
    "CARE_TIME_BELOW_MIN": "{have} of {need} for {code} recorded in {program}; {missing} missing.",
    "CARE_CODE_EXCLUDED": "{code} is not billed beside {other} for the same time.",
    "CARE_ALREADY_BILLED": "{code} was billed for {on} already; it is billed once {span}.",
    "SMBP_MET": "{code} on {on}: {what}.",
    "APCM_MET": "Advanced primary care with {conditions} chronic conditions is {code}, once in the month.",
    "APCM_CONSENT_MISSING": "{code} needs the patient's consent to advanced primary care, and none is recorded.",
    "SMBP_TAUGHT_BEFORE": "{code} was billed for this device before; it is billed once a device.",
    "SMBP_PLAN_NOT_SENT": "{code} needs the averages sent back with a treatment plan inside the month.",
    "SMBP_READINGS_BELOW_MIN": "{readings} of {least} readings for {code}.",
    # live contact
    "MGMT_LIVE_MET": "A live conversation by {channel} took place on {on}.",
    "MGMT_NO_LIVE_COMMUNICATION": "No live two-way conversation with patient or caregiver in {span}; attempts without one: {tried}.",
    "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON": "The live conversation of {on} was not held by {required}, as this payer asks.",
    "LIVE_COMM_IN_OTHER_MONTH": "The live conversation of {on} lies outside {span}.",
    "LIVE_COMM_BEFORE_SERVICE": "The live conversation of {on} lies before order and consent were both in force.",
}


def clock(seconds: int) -> str:
    """Whole seconds as minutes and seconds, never rounded: 1199 is 19:59."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def _format_value(name: str, value: object) -> str:
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if name in {"have", "need", "missing"} and isinstance(value, ClockSeconds):
        return clock(value)
    return str(value)


class ClockSeconds(int):
    """Seconds that are written as minutes and seconds."""


def sentence(code: str, values: Mapping[str, object]) -> str:
    """The sentence of a finding. Raises KeyError for a code without one."""
    text = SENTENCES[code].format(**{name: _format_value(name, value) for name, value in values.items()})
    return text.replace(" 1 reading days ", " 1 reading day ")
