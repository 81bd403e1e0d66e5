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
    "THERAPY_PLAN_ON_FILE": "A certified therapy plan of care is on file from {on}.",
    "THERAPY_PLAN_ENDED": (
        "The therapy plan of care ended on {ended}; the date of service is {on}. Recertify it, and record the new plan."
    ),
    "THERAPY_PLAN_NOT_CERTIFIED": (
        "The therapy plan of care of {on} is not certified. Record the physician's signature, or the signed order and "
        "the day within 30 days on which the plan was sent."
    ),
}
