"""Sentences of findings, with their numbers. They are rendered when read; the engine stores only codes and values."""

import re
from collections.abc import Mapping
from datetime import date

from billing.rules.fact_sentences import FACT_SENTENCES

_ONE_DAY = re.compile(r"\b1 days\b")
SENTENCES: dict[str, str] = {
    # eligibility
    "ORDER_MISSING": "No signed practitioner order covers this month. Ask the ordering provider to sign one.",
    "ORDER_ON_FILE": "A signed practitioner order is on file{since}.",
    "CONSENT_MISSING": "No documented patient consent covers this month. Record the date, the method, and who obtained it.",
    "CONSENT_EXPIRED": "The consent dated {on} is older than the {months} months this payer accepts. Obtain a new consent.",
    "CONSENT_ON_FILE": "Patient consent is documented{since}.",
    "DIAGNOSIS_MISSING": "No diagnosis is recorded. Add the condition that is monitored.",
    "DIAGNOSIS_NOT_COVERED": "This payer does not cover remote monitoring for {diagnosis}; it covers {scope}.",
    "DIAGNOSIS_COVERED": "The diagnosis {diagnosis} is covered.",
    "PATIENT_NOT_ESTABLISHED": "RPM requires an established patient; no earlier visit with this practice is recorded.",
    "PATIENT_ESTABLISHED": "The patient is established with this practice.",
    "DEVICE_NOT_FDA_DEFINED": "No device in use is recorded as a medical device under section 201(h) of the FD&C Act.",
    "DEVICE_FDA_DEFINED": "The device meets the FDA definition of a medical device (FD&C Act, section 201(h)).",
    "PRIOR_AUTH_MISSING": "This payer requires prior authorization, and none is recorded.",
    "RULE_YEAR_NOT_LOADED": "Date of service is in {year}; waits for the {year} rules.",
    "INITIATING_VISIT_MISSING": (
        "This payer requires an initiating visit before monitoring, and none is recorded by {on}. Record the visit."
    ),
    "INITIATING_VISIT_ON_RECORD": "The initiating visit on {on} is on record.",
    "RTM_PATIENT_NOT_ESTABLISHED": (
        "This payer requires an established patient for RTM; no earlier visit with this practice is recorded."
    ),
    "RTM_ESTABLISHED_VISIT_TOO_OLD": (
        "The last visit was on {on}, more than three years before RTM began on {began}. Record a later visit."
    ),
    # conflicts
    "OTHER_PRACTITIONER_BILLED": "Another practice billed {code} for {on}. Only one practitioner may bill remote monitoring for a patient in the same period.",
    "NO_OTHER_PRACTITIONER": "No other practice is known to have billed remote monitoring in this period.",
    "RPM_RTM_SAME_MONTH": "{code}, from the other monitoring program, was billed for {on}. RPM and RTM are not both billed for a patient in the same month.",
    "GLOBAL_PERIOD_CONFLICT": "The services fall within a surgical global period of the same practitioner and are not billed separately.",
    "MUTUALLY_EXCLUSIVE_99091": "99091 was reported for {on}. It is not billed with treatment management in the same month.",
    "SEPARATE_TIME_DOCUMENTATION_REQUIRED": "99091 was reported for {on}. This payer allows both if the time for each is documented separately.",
    "MUTUALLY_EXCLUSIVE_SMBP": "{code} (self-measured blood pressure) was reported for {on}. It is not billed with RPM device supply or setup.",
    "MGMT_ALREADY_BILLED_THIS_MONTH": "Treatment management was already billed: {code} on {on}. Only one base code is billed per month{apart}.",
    "DEVICE_CODE_ALREADY_BILLED_FOR_PERIOD": "{code} was already billed for the device period that began on {start}. A changed day count requires a corrected claim, not a second code; the days on file now support {supports}.",
    "ANNUAL_CAP_REACHED": "This payer pays {code} {cap} times per year; {used} are already billed in {year}.",
    # device supply
    "DEVICE_DAYS_MET": "Monitoring data was recorded on {days} days from {start} through {end}; {code} requires at least {need} days.",
    "DEVICE_DAYS_BELOW_MIN": "Monitoring data was recorded on {days} days from {start} through {end}; {need} days are required ({missing} short).",
    "DEVICE_SHORT_OF_CODE": "{code} requires {need} days of monitoring data; {start} through {end} has {days} ({missing} short).",
    "DEVICE_CODE_EXCLUDED": "{code} and {other} are not billed for the same device period. The days counted reach {other}.",
    "DEVICE_PERIOD_OPEN": "The device period from {start} through {end} is still open, with {days} days of monitoring data so far. It can be billed after it ends.",
    "DATE_OF_SERVICE_WAITS": "Date of service is in {year}; waits for the {year} rules.",
    "EARLY_CLOSE_NOT_PAID": "Monitoring ended on {on}, before the 30-day period that began on {start} was complete. This payer pays for complete periods only.",
    "DEVICE_PERIOD_BEFORE_ORDER": "The device period began on {start}, before the order and the consent were both in effect ({from_day}).",
    "DEVICE_NO_PERIOD": "No device period is in this month: no qualifying reading was received.",
    "RTM_SYSTEM_MISSING": "RTM device supply is billed by body system, and none is recorded.",
    "SELF_REPORTED_DAYS_EXCLUDED": "Not counted: {days} days with patient-reported values only. RPM counts data transmitted by the device.",
    "EARLY_CLOSE": "Monitoring ended on {on}, before the 30-day period was complete ({end}). Confirm that this payer accepts a shortened period.",
    "PERIOD_STRADDLES_RULE_YEAR": "The device period from {start} through {end} crosses into another rule year. The rules of its last day apply.",
    # set-up
    "SETUP_NOT_DOCUMENTED": "Device setup and patient education are not documented for this episode of care.",
    "SETUP_ALREADY_BILLED_IN_EPISODE": "Setup was already billed for this episode of care. It is billed once per episode, not once per device.",
    "SETUP_BILLED_BEFORE": "Setup was billed earlier in this episode of care, and no new setup is documented.",
    "SETUP_MIN_DAYS_NOT_MET": "Setup requires a device period with at least {need} days of monitoring data; the best period so far has {days}.",
    "SETUP_WAITING_FIRST_PERIOD": "Setup is billed with the first device period, which has not ended in this month.",
    "SETUP_DAYS_MET": "Setup and patient education are documented. The device period ending {end} has {days} days of monitoring data; {need} are required.",
    # time
    "MGMT_TIME_MET": "{have} of treatment management time was recorded in {span}; {code} requires {need}.",
    "MGMT_TIME_BELOW_MIN": "{have} of treatment management time was recorded in {span}; {need} is required ({missing} short).",
    "MGMT_SHORT_OF_CODE": "{code} requires {need} of treatment management time; {have} was recorded ({missing} short).",
    "MGMT_CODE_EXCLUDED": "{code} and {other} are not billed for the same month. The time counted reaches {other}.",
    "MGMT_NOT_PROVIDED": "No treatment management time and no live contact were recorded in {span}.",
    "CODE_NOT_IN_FORCE": "{code} does not exist on {on}, its date of service.",
    "MGMT_PERIOD_OPEN": "This payer counts treatment management in the 30-day device period, and none ends in this month.",
    "UNITS_CAPPED_MUE": "{earned} units of {code} are earned on one date of service; the unit limit is {cap}.",
    "STAFF_TIME_EXCLUDED_BY_POLICY": "{have} of clinical staff time was not counted. This payer counts {counts} time.",
    "STAFF_NOT_EMPLOYED": (
        "{have} was not counted: this payer counts only staff employed by the practice, and the record shows another employer or none."
    ),
    "NON_CLINICAL_TIME_EXCLUDED": "{have} of non-clinical time was not counted.",
    "OTHER_PROVIDER_TIME_NOT_POOLED": "{have} recorded by other providers was not counted. This payer counts the billing provider's own time only.",
    "NOT_LIVE_TIME_EXCLUDED": "{have} of messages and unanswered calls was not counted under this payer's rules.",
    "EM_TIME_EXCLUDED": "{have} during, or on the same day as, an E/M visit was not counted.",
    "OVERLAP_TIME_DEDUPED": "{have} was recorded twice, for two people or two programs at the same time, and was counted once.",
    "TIME_BEFORE_SERVICE": "{have} recorded before the order and the consent were both in effect was not counted.",
    "TIME_AFTER_SERVICE": "{have} recorded after monitoring ended was not counted.",
    "NON_BILLABLE_ACTIVITY": "{have} of setup, support, or scheduling was not counted.",
    "SUPERVISION_NOT_DOCUMENTED": "{have} is clinical staff time, and no supervising practitioner is on record. Add one to the enrollment.",
    "SUPERVISION_ON_RECORD": "A supervising practitioner is on record for the clinical staff time.",
    "RTM_CODED_AS_RPM_BY_POLICY": "This payer requires RTM management to be billed with RPM codes. Medicare considers this incorrect coding.",
    # other programs that share the month
    "CARE_TIME_MET": "{have} of {program} time was recorded; {code} requires {need}. It is billed from that program's own record.",
    "CARE_TIME_BELOW_MIN": "{have} of {program} time was recorded; {code} requires {need} ({missing} short).",
    "CARE_CODE_EXCLUDED": "{code} is not billed in addition to {other} for the same time.",
    "CARE_ALREADY_BILLED": "{code} was already billed for {on}. It is billed once {span}.",
    "SMBP_MET": "{code} on {on}: {what}.",
    "APCM_MET": "Advanced primary care management with {conditions} chronic conditions is {code}, once per month.",
    "APCM_CONSENT_MISSING": "{code} requires the patient's consent to advanced primary care management, and none is recorded.",
    "SMBP_TAUGHT_BEFORE": "{code} was already billed for this device. It is billed once per device.",
    "SMBP_PLAN_NOT_SENT": "{code} requires that the averages and a treatment plan were sent to the patient in the month.",
    "SMBP_READINGS_BELOW_MIN": "{readings} readings are on file; {code} requires {least}.",
    # live contact
    "MGMT_LIVE_MET": "A live, two-way conversation by {channel} took place on {on}.",
    "MGMT_NO_LIVE_COMMUNICATION": "No live, two-way conversation with the patient or caregiver is documented in {span} (contacts that were not live: {tried}).",
    "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON": "The live conversation on {on} was not held by {required}, as this payer requires.",
    "LIVE_COMM_IN_OTHER_MONTH": "The live conversation on {on} is outside {span} and does not count toward it.",
    "LIVE_COMM_BEFORE_SERVICE": "The live conversation on {on} took place on a day without an order, consent, or enrollment in effect.",
    # dates of service
    "ESTABLISHED_VISIT_TOO_OLD": (
        "The last visit was on {on}, more than three years before RPM began on {began}. Record a later visit with the group."
    ),
    "NO_COVERAGE": "No payer is on file for {on}, so the strictest rules apply. Add the coverage of that day.",
    "THERAPY_PLAN_MISSING": (
        "No therapy plan of care is on file, so the lines of a therapist cannot carry GP, GO or GN. Record the plan."
    ),
    "PROVIDER_LEFT_PRACTICE": (
        "The billing provider's role in the practice ended on {ended}; the date of service is {on}. Check the provider."
    ),
    "PROVIDER_NOT_IN_PRACTICE": "The billing provider has no role in the practice on {on}. Check the provider.",
    "PATIENT_DIED": "The patient died on {on}; nothing after that day counts.",
    "RECORDED_AFTER_DEATH": (
        "Readings, calls or work are recorded up to {last}, after the death on {on}. Check the date of death."
    ),
    "SERVICE_PAUSED": (
        "Monitoring was paused from {start} to {end}. Check that the patient was at home on the days billed."
    ),
    "OTHER_PRACTITIONER_MONITORS": (
        "The patient says that another practice monitors too; only one may bill the period. Ask whether it bills."
    ),
    "OTHER_PRACTITIONER_MONITORED": (
        "The patient says that another practice monitored up to {on}; only one may bill the period. Ask whether it billed."
    ),
    "OTHER_PRACTITIONER_NOT_ASKED": (
        "Unknown whether another practice bills remote monitoring: nobody asked the patient. Ask, and record the answer."
    ),
    "MUTUALLY_EXCLUSIVE_CGM": "{code} was reported for {on}; it already includes the device, its set-up and its data.",
    "UNITS_CAPPED_YEAR": "This payer pays {code} {cap} times a year, and {used} are billed in {year}; the rest is not.",
    "MGMT_COUNTED_IN_LATER_ENROLLMENT": (
        "The patient was enrolled again in this month; the time of both enrollments counts in the later one."
    ),
    "TIME_WITHOUT_DOCUMENTS": "{have} on days without an order, consent or enrollment in force is not counted.",
    "SUPERVISOR_LEFT_PRACTICE": (
        "The supervisor's role in the practice ended on {ended}; the date of service is {on}. Check who supervised."
    ),
    "SUPERVISION_IN_PERSON": (
        "This payer asks for {level} supervision of clinical staff. Check that the supervisor was present as it requires."
    ),
    **FACT_SENTENCES,
}


def clock(seconds: int) -> str:
    """Whole seconds as minutes and seconds, never rounded: 1199 is 19:59."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def minutes_words(seconds: int) -> str:
    """Whole seconds in words, never rounded: 1199 is 19 min 59 sec, and 1200 is 20 min."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} sec" if minutes and rest else f"{rest} sec" if rest else f"{minutes} min"


def date_words(day: date) -> str:
    """A date as in Oct 31, 2026."""
    return f"{day:%b} {day.day}, {day.year}"


def _format_value(name: str, value: object) -> str:
    if isinstance(value, date):
        return date_words(value)
    if name in {"have", "need", "missing"} and isinstance(value, ClockSeconds):
        return minutes_words(value)
    return str(value)


class ClockSeconds(int):
    """Seconds that a sentence writes as minutes and seconds."""


def sentence(code: str, values: Mapping[str, object]) -> str:
    """The sentence of a finding. Raises KeyError for a code without one."""
    text = SENTENCES[code].format(**{name: _format_value(name, value) for name, value in values.items()})
    return _ONE_DAY.sub("1 day", text)
