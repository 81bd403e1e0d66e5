"""Sentences of findings about authorizations, other practices, stays, and therapy plans."""

FACT_SENTENCES: dict[str, str] = {
    # authorizations, answers about other practices, stays, therapy plans
    "PRIOR_AUTH_ON_FILE": "Prior authorization {number} covers {code} on {on}.",
    "PRIOR_AUTH_EXPIRED": (
        "Prior authorization {number} ended on {ended}; the date of service is {on}. Ask the payer to extend it, and "
        "record its answer."
    ),
    "PRIOR_AUTH_NOT_BEGUN": (
        "Prior authorization {number} begins on {begins}; the date of service is {on}. Ask the payer for the days before."
    ),
    "PRIOR_AUTH_OTHER_CODES": (
        "Prior authorization {numbers} does not cover {code} on {on}. Ask the payer to add the code, and record its answer."
    ),
    "PRIOR_AUTH_USED_UP": (
        "All {units} units of prior authorization {number} are billed, and {earned} of {code} are earned. Ask the payer "
        "for more units, and record its answer."
    ),
    "PRIOR_AUTH_UNITS_LEFT": (
        "Prior authorization {number} has {left} of {units} units left, and {earned} of {code} are earned. Ask the payer "
        "for more units, and record its answer."
    ),
    "NO_OTHER_PRACTITIONER_ASKED": "No other practice bills remote monitoring, as {of} answered on {on}.",
    "OTHER_PRACTITIONER_REPORTED": (
        "Another practice bills remote monitoring, as {of} answered on {on}. Ask which codes and days, and record them."
    ),
    "OTHER_PRACTITIONER_UNKNOWN": (
        "Unknown whether another practice bills remote monitoring: {of} was asked on {on} and did not know."
    ),
    "INPATIENT_STAY": (
        "The patient was in the hospital from {start} to {end}. Check that the days and calls billed were at home."
    ),
    "SKILLED_NURSING_STAY": (
        "The patient was in a skilled nursing facility (Part A) from {start} to {end}. Check whether the facility is paid."
    ),
    "HOME_HEALTH_EPISODE": (
        "A home health agency served the patient from {start} to {end}. Check that the agency does not report monitoring."
    ),
    "HOSPICE_ELECTED": (
        "The patient elected hospice from {start} to {end}. Bill only care that is unrelated to the terminal illness (GW)."
    ),
    "HOSPICE_RELATED": (
        "The monitoring belongs to the terminal illness, with hospice from {start} to {end}. Hold the line unless the "
        "billing provider is the attending physician (GV)."
    ),
    "GLOBAL_PERIOD_OF_SURGERY": (
        "The service belongs to a surgery of the same practitioner with a global period from {start} to {end}; it is not "
        "billed separately."
    ),
    "GLOBAL_PERIOD_UNRELATED": (
        "A surgery of the same practitioner has a global period from {start} to {end}. Check that the monitoring is "
        "unrelated to it."
    ),
    "CARE_PLAN_MISSING": (
        "Care management time is recorded, and no care plan of CCM, PCM or APCM is in force on {on}. Record it under "
        "Billing facts."
    ),
    "CARE_CONSENT_MISSING": (
        "No consent to care management is in force on {on}. Record it in the care management enrollment."
    ),
    "CARE_CONDITIONS_TOO_FEW": (
        "The care plan names {conditions} chronic conditions; {program} requires at least {least}."
    ),
    "CARE_BILLED_ELSEWHERE": (
        "Another practice billed {other} for {on}. Only one practice bills care management for a patient and month."
    ),
    "CARE_PAPERS_ON_FILE": (
        "The care plan of {on} ({program}, conditions: {conditions}) and the patient's consent are on file."
    ),
    "CARE_VISIT_NOT_RECORDED": (
        "No visit in the year before {program} began on {on} is recorded. Check that the patient was seen, and record the "
        "visit."
    ),
    "ACCESS_PARTICIPANT": (
        "The patient is aligned with this practice in the ACCESS model ({track}). A participant bills no other Medicare "
        "fee-for-service for an aligned patient."
    ),
    "ACCESS_PARTICIPANT_PART": (
        "The patient was aligned with this practice in the ACCESS model ({track}) on some days of this service, not on "
        "{on}. Check that it is not part of that care."
    ),
    "ACCESS_ALIGNED_ELSEWHERE": (
        "The patient is aligned with {organization} in the ACCESS model ({track}). This practice may bill; it lowers that "
        "organization's payment."
    ),
    "ACCESS_COMANAGEMENT_MET": (
        "{code} on {on}: the update of {received} ({kind} of care) was reviewed, number {number} of 3 in twelve months."
    ),
    "ACCESS_COMANAGEMENT_CAPPED": (
        "{code} is billed at most 3 times in twelve months; the update reviewed on {on} is one more."
    ),
    "ACCESS_NOT_ALIGNED": (
        "{code} requires that the patient is aligned with another organization in the track when its update comes "
        "({received}); no such alignment is on file."
    ),
    "SETUP_OF_EARLIER_EPISODE": (
        "Set-up was billed on {on} for an earlier episode. Check that its goals were met or that care had ended before "
        "this episode began."
    ),
    "THERAPY_PLAN_ON_FILE": "A certified therapy plan of care is on file from {on}.",
    "THERAPY_PLAN_ENDED": (
        "The therapy plan of care ended on {ended}; the date of service is {on}. Recertify it, and record the new plan."
    ),
    "THERAPY_PLAN_NOT_CERTIFIED": (
        "The therapy plan of care of {on} is not certified. Record the physician's signature, or the signed order and "
        "the day within 30 days on which the plan was sent."
    ),
}
