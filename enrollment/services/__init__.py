"""Services that change enrollment data: verbs with who (`by`) and when (`now`) as arguments."""

from enrollment.services.billing_facts import end_status, record_fact, withdraw_fact
from enrollment.services.consent_scripts import add_scripts
from enrollment.services.consents import MAX_PAPER_BYTES, record_consent, withdraw_consent
from enrollment.services.deaths import record_death
from enrollment.services.device_shares import end_share, share_device
from enrollment.services.devices import (
    add_device,
    assign_device,
    confirm_configured,
    mark_delivered,
    set_device_state,
    swap_device,
    take_back_device,
)
from enrollment.services.drafts import clear_draft, drafts_of, save_draft
from enrollment.services.earlier_values import last_visit_on
from enrollment.services.moves import (
    MOVES,
    activate,
    discharge,
    missing_for_start,
    new_episode,
    pause,
    record_education,
    resume,
)
from enrollment.services.orders import change_enrollment, draft_enrollment, sign_order
from enrollment.services.patient_merge import merge_patients
from enrollment.services.patients import add_coverage, change_patient, end_coverage, likely_duplicates, register_patient

__all__ = [
    "MAX_PAPER_BYTES",
    "MOVES",
    "activate",
    "add_coverage",
    "add_device",
    "add_scripts",
    "assign_device",
    "change_enrollment",
    "change_patient",
    "clear_draft",
    "confirm_configured",
    "discharge",
    "draft_enrollment",
    "drafts_of",
    "end_coverage",
    "end_share",
    "end_status",
    "last_visit_on",
    "likely_duplicates",
    "mark_delivered",
    "merge_patients",
    "missing_for_start",
    "new_episode",
    "pause",
    "record_consent",
    "record_death",
    "record_education",
    "record_fact",
    "register_patient",
    "resume",
    "save_draft",
    "set_device_state",
    "share_device",
    "sign_order",
    "swap_device",
    "take_back_device",
    "withdraw_consent",
    "withdraw_fact",
]
