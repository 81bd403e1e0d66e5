"""Every URL for every role, for another practice, and without sign-in. A URL without a row in a table fails."""

import hashlib
import time
from datetime import datetime

import pytest
from allauth.account import urls as account_urls
from allauth.account.models import EmailAddress
from allauth.mfa import urls as mfa_urls
from allauth.usersessions import urls as usersessions_urls
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from simple_history.admin import SimpleHistoryAdmin

from billing.claims.formats.content import Address, Content, ProviderName
from billing.ledger.money_rules import MONEY_RULES
from billing.models import AnswerFile, AnswerTransaction, HandOver, PayerCheck, WriteOff
from billing.policies.billing_settings import PRACTICE
from enrollment import services as enrollment
from enrollment.models import CareStatus, QualifyingVisit
from enrollment.panel_import.commit import check_panel
from enrollment.panel_import.read import COLUMNS
from enrollment.services.clinical_items import add_item
from monitoring import services
from monitoring.alerts.handle import plan_outreach
from monitoring.alerts.silence import find_silence
from monitoring.ingest.registry import senders
from monitoring.models import Alert, LimitProposal, UnmatchedReading
from monitoring.notes import write_note
from rpm_portal.accounts import invitations
from rpm_portal.accounts.models import EmailChange, Invitation
from rpm_portal.accounts.security_settings import SECURITY
from rpm_portal.accounts.services import add_member, make_user
from rpm_portal.accounts.setting_changes import ask_change
from rpm_portal.core.access import Permission, Role, may
from rpm_portal.core.days import Month
from rpm_portal.pages.reports.models import ReportRun, SavedReport
from tests.builders import CONSENT_STATEMENTS, PASSWORD, World, a_patient, a_world, an_enrollment, at, days
from tests.carrier.accounts import add_contact_rows
from tests.fhir.fake_ehr import a_launch
from tests.fhir.fhir_clients import a_client
from tests.snapshot import Snapshot
from timetracking.calls.call_log import add_to_call, log_call
from timetracking.staff_days.time_rules import TIME_RULES
from timetracking.threads.conversations import receive_new

LOGIN, REAUTHENTICATE = "/accounts/login/", "/accounts/reauthenticate/"
# Pages outside the table of permissions, with those of packages: the same response for every role.
# name: (arguments, anonymous GET, anonymous POST, signed-in GET, signed-in POST); a path is the target of a redirect.
SAME_FOR_ALL: dict[str, tuple[list[object], int | str, int | str, int | str, int | str]] = {
    "healthz": ([], 200, 405, 200, 405),
    "readyz": ([], 200, 405, 200, 405),
    "session": ([], 200, 405, 200, 405),
    "stay": ([], LOGIN, LOGIN, 405, 204),
    "help": ([], LOGIN, LOGIN, 200, 405),
    "definitions": ([], LOGIN, LOGIN, 200, 405),
    "first_day": ([], LOGIN, LOGIN, 200, 405),
    "switch_practice": ([], LOGIN, LOGIN, 405, 404),
    "join": ([], 404, 404, 404, 404),
    "open_invitation": (["x", "y"], "/join/", 405, "/join/", 405),
    "confirm_email_change": ([], 404, 404, 404, 404),
    "open_email_change": (["x", "y"], "/sign-in-address/", 405, "/sign-in-address/", 405),
    # django-allauth. A page that needs a second factor answers 404 to a person without one.
    "account_login": ([], 200, 200, "/", "/"),
    "account_logout": ([], LOGIN, LOGIN, 200, LOGIN),
    "account_inactive": ([], 200, 405, 200, 405),
    "account_reauthenticate": ([], LOGIN, LOGIN, 200, 200),
    "account_change_password": ([], LOGIN, LOGIN, 200, 200),
    "account_reset_password": ([], 200, 200, 200, 200),
    "account_reset_password_done": ([], 200, 405, 200, 405),
    "account_reset_password_from_key": (["1", "set-password"], 200, 200, 200, 200),
    "account_reset_password_from_key_done": ([], 200, 405, 200, 405),
    "mfa_index": ([], LOGIN, LOGIN, 200, 405),
    "mfa_authenticate": ([], LOGIN, LOGIN, "/", "/"),
    "mfa_reauthenticate": ([], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "mfa_activate_totp": ([], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "mfa_deactivate_totp": ([], LOGIN, LOGIN, 404, 404),
    "mfa_view_recovery_codes": ([], LOGIN, LOGIN, 404, 405),
    "mfa_generate_recovery_codes": ([], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "mfa_download_recovery_codes": ([], LOGIN, LOGIN, 404, 404),
    "mfa_list_webauthn": ([], LOGIN, LOGIN, 200, 405),
    "mfa_add_webauthn": ([], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "mfa_reauthenticate_webauthn": ([], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "mfa_remove_webauthn": ([1], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "mfa_edit_webauthn": ([1], LOGIN, LOGIN, REAUTHENTICATE, REAUTHENTICATE),
    "usersessions_list": ([], LOGIN, LOGIN, 200, "/accounts/sessions/"),
    # A practice's own sign-in, switched off here: tests/accounts/test_single_sign_on.py.
    "practice_sign_in": (["x"], 404, 405, 404, 405),
    "openid_connect_login": (["x"], 404, 405, 404, 405),
    "openid_connect_callback": (["x"], 404, 405, 404, 405),
    # The device API: each operation needs a key (tests/monitoring/views/test_api.py).
    "api:openapi-json": ([], 200, 200, 200, 200),
    "api:api-root": ([], 404, 404, 404, 404),
    "api:signed": (["k"], 405, 401, 405, 401),
    "api:delivery": (["k"], 401, 405, 401, 405),
    **{
        f"api:{operation.url_name}": (["k"] if "{key}" in operation.path else [], 405, 401, 405, 401)
        for vendor in senders()
        for operation in vendor.operations
    },
    # The FHIR server: each address needs a token or a key (tests/fhir/test_server.py), except its descriptions.
    "api:observation": ([], 401, 401, 401, 401),
    "fhir:token": ([], 405, 400, 405, 400),
    "fhir:base": ([], 405, 401, 405, 401),
    "fhir:metadata": ([], 200, 405, 200, 405),
    "fhir:smart": ([], 200, 405, 200, 405),
    "fhir:background": (["x"], 401, 405, 401, 405),
    "fhir:type": (["Patient"], 401, 401, 401, 401),
    "fhir:search": (["Patient"], 405, 401, 405, 401),
    "fhir:instance": (["Patient", "x"], 401, 405, 401, 405),
    "fhir:version": (["Patient", "x", "1"], 401, 405, 401, 405),
    "fhir:unknown": (["x/y/z"], 404, 404, 404, 404),
    # The patient's page: a link and a visit of its own (tests/pages/patient), whoever is signed in.
    "patient:open_link": (["abcdefgh"], 200, 410, 200, 410),
    **{
        f"patient:{name}": ([], 403, 403, 403, 403)
        for name in ("home", "new_message", "preferences", "device_help", "done")
    },
    "patient:thread": (["abc"], 403, 403, 403, 403),
    # Callbacks of carriers: each is signed (tests/pages/webhooks/test_callbacks.py).
    "webhooks:receipt": (["x", "y"], 404, 404, 404, 404),
    "webhooks:inbound": (["x"], 404, 404, 404, 404),
    # Launches from an EHR, here without a link: tests/fhir/test_ehr_launch.py.
    "ehr:launch": (["x"], 404, 405, 404, 405),
    "ehr:start": (["x"], 404, 405, 404, 405),
    "ehr:back": (["x"], 404, 405, 404, 405),
    "ehr:person": (["x"], 404, 404, 404, 404),
}
# name: (permission, GET or POST, response to a role with the permission)
TABLE: dict[str, tuple[Permission, str, int]] = {
    "worklist": (Permission.SEE_PATIENTS, "GET", 200),
    "worklist_counts": (Permission.SEE_PATIENTS, "GET", 200),
    "worklist_news": (Permission.SEE_PATIENTS, "GET", 404),
    "worklist_narrow": (Permission.SEE_PATIENTS, "GET", 200),
    "worklist_arrange": (Permission.REVIEW_READINGS, "POST", 422),
    "worklist_save_view": (Permission.SEE_PATIENTS, "POST", 422),
    "worklist_remove_view": (Permission.SEE_PATIENTS, "POST", 404),
    "search": (Permission.SEE_PATIENTS, "GET", 200),
    "found": (Permission.SEE_PATIENTS, "POST", 200),
    "navigation_counts": (Permission.SEE_PATIENTS, "GET", 200),
    "styleguide": (Permission.SEE_PATIENTS, "GET", 200),
    "watching": (Permission.SEE_PATIENTS, "GET", 200),
    "chart": (Permission.SEE_PATIENTS, "GET", 200),
    "patient_month": (Permission.SEE_PATIENTS, "GET", 200),
    "clinical_lists": (Permission.READ_TEXT, "GET", 200),
    "add_clinical_item": (Permission.REVIEW_READINGS, "POST", 422),
    "end_clinical_item": (Permission.REVIEW_READINGS, "POST", 302),
    "chart_as_of": (Permission.SEE_PATIENTS, "GET", 200),
    "patient_history": (Permission.SEE_PATIENTS, "GET", 200),
    "disclosures": (Permission.SEE_AUDIT, "GET", 200),
    "break_glass": (Permission.BREAK_GLASS, "POST", 422),
    "end_emergency_access": (Permission.BREAK_GLASS, "POST", 302),
    "people": (Permission.MANAGE_PEOPLE, "GET", 200),
    "invite": (Permission.MANAGE_PEOPLE, "POST", 422),
    "move_person": (Permission.MANAGE_PEOPLE, "POST", 422),
    "change_email": (Permission.CHANGE_EMAIL, "GET", 200),
    "withdraw_email_change": (Permission.CHANGE_EMAIL, "POST", 302),
    "withdraw_invitation": (Permission.MANAGE_PEOPLE, "POST", 302),
    "approve_invitation": (Permission.MANAGE_PEOPLE, "POST", 422),
    "display_settings": (Permission.CHANGE_DISPLAY, "GET", 200),
    "security": (Permission.CHANGE_SECURITY, "GET", 200),
    "decide_security": (Permission.CHANGE_SECURITY, "POST", 200),
    "timetracking:rules": (Permission.CHANGE_TIME_RULES, "GET", 200),
    "timetracking:decide_rules": (Permission.CHANGE_TIME_RULES, "POST", 200),
    "patient:link": (Permission.TRACK_TIME, "GET", 200),
    "timetracking:inbox": (Permission.READ_TEXT, "GET", 200),
    "timetracking:threads_of_patient": (Permission.READ_TEXT, "GET", 200),
    "timetracking:thread": (Permission.READ_TEXT, "GET", 200),
    "timetracking:new_thread": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:answer_thread": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:give_thread": (Permission.TRACK_TIME, "POST", 302),
    "timetracking:snooze_thread": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:close_thread": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:response_times": (Permission.CHANGE_TIME_RULES, "GET", 200),
    "audit": (Permission.SEE_AUDIT, "GET", 200),
    "audit_file": (Permission.SEE_AUDIT, "GET", 200),
    "enrollment:patients": (Permission.SEE_PATIENTS, "GET", 200),
    "enrollment:merge": (Permission.BRING_IN, "GET", 200),
    "enrollment:find_patients": (Permission.SEE_PATIENTS, "POST", 200),
    "enrollment:find_diagnoses": (Permission.ENROLL, "POST", 200),
    "enrollment:find_devices": (Permission.ENROLL, "POST", 200),
    "enrollment:order": (Permission.SEE_PATIENTS, "GET", 200),
    "enrollment:order_pdf": (Permission.SEE_PATIENTS, "GET", 200),
    "enrollment:paper": (Permission.SEE_PATIENTS, "GET", 200),
    "enrollment:devices": (Permission.ENROLL, "GET", 200),
    "enrollment:device": (Permission.ENROLL, "GET", 200),
    "enrollment:move_device": (Permission.ENROLL, "POST", 422),
    "enrollment:share_device": (Permission.ENROLL, "POST", 422),
    "export": (Permission.EXPORT_ALL, "GET", 200),
    "enrollment:panels": (Permission.BRING_IN, "GET", 200),
    "enrollment:panel_template": (Permission.BRING_IN, "GET", 200),
    "enrollment:panel": (Permission.BRING_IN, "GET", 200),
    "enrollment:rejected": (Permission.BRING_IN, "GET", 200),
    "enrollment:commit_panel": (Permission.BRING_IN, "POST", 422),
    "enroll:in_progress": (Permission.ENROLL, "GET", 200),
    "enroll:start": (Permission.ENROLL, "GET", 200),
    "enroll:page": (Permission.ENROLL, "GET", 200),
    "enroll:keep": (Permission.ENROLL, "POST", 422),
    "enroll:autosave": (Permission.ENROLL, "POST", 200),
    "enroll:save_text": (Permission.SEE_PATIENTS, "POST", 200),
    "enroll:move": (Permission.ENROLL, "POST", 422),
    "enroll:facts": (Permission.SEE_PATIENTS, "GET", 200),
    "enroll:record_fact": (Permission.RECORD_FACTS, "POST", 422),
    "enroll:withdraw_fact": (Permission.RECORD_FACTS, "POST", 302),
    "enroll:end_status": (Permission.RECORD_FACTS, "POST", 422),
    "enroll:take_over": (Permission.ENROLL, "GET", 422),
    "enroll:visit_document": (Permission.SEE_PATIENTS, "GET", 200),
    "alerts:inbox": (Permission.SEE_PATIENTS, "GET", 200),
    "to_sign:inbox": (Permission.SIGN_ORDERS, "GET", 200),
    "to_sign:sign": (Permission.SIGN_ORDERS, "POST", 422),
    "to_sign:withdraw": (Permission.ENROLL, "POST", 422),
    "alerts:heading": (Permission.SEE_PATIENTS, "GET", 200),
    "alerts:news": (Permission.SEE_PATIENTS, "GET", 404),
    "alerts:month": (Permission.SEE_PATIENTS, "GET", 200),
    "alerts:close": (Permission.REVIEW_READINGS, "POST", 422),
    "alerts:take": (Permission.REVIEW_READINGS, "POST", 302),
    "alerts:hand": (Permission.REVIEW_READINGS, "POST", 422),
    "alerts:ask_outreach": (Permission.REVIEW_READINGS, "POST", 302),
    "alerts:finish_outreach": (Permission.REVIEW_READINGS, "POST", 422),
    "alerts:decide": (Permission.SIGN_ORDERS, "POST", 302),
    "alerts:look_after": (Permission.ENROLL, "POST", 302),
    "alerts:follow": (Permission.REVIEW_READINGS, "POST", 302),
    "monitoring:readings": (Permission.SEE_PATIENTS, "GET", 200),
    "monitoring:enter_reading": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:correct_reading": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:bring_file": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:apple_health": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:add_rule": (Permission.ENROLL, "GET", 200),
    "monitoring:end_rule": (Permission.ENROLL, "POST", 302),
    "contact:page": (Permission.READ_TEXT, "GET", 200),
    "contact:add_point": (Permission.ENROLL, "POST", 422),
    "contact:allow_caregiver": (Permission.ENROLL, "POST", 422),
    "contact:change_point": (Permission.ENROLL, "POST", 422),
    "contact:record_consent": (Permission.ENROLL, "POST", 422),
    "contact:end_caregiver": (Permission.ENROLL, "POST", 302),
    "contact:stop_requests": (Permission.READ_TEXT, "GET", 200),
    "contact:decide": (Permission.ENROLL, "POST", 422),
    "notices:channels": (Permission.MANAGE_SOURCES, "GET", 200),
    "notices:channel": (Permission.MANAGE_SOURCES, "GET", 200),
    "notices:not_sent": (Permission.MANAGE_SOURCES, "GET", 200),
    "notices:act": (Permission.MANAGE_SOURCES, "POST", 422),
    "notices:caught": (Permission.READ_TEXT, "GET", 404),
    "fhir:clients": (Permission.MANAGE_SOURCES, "GET", 200),
    "fhir:client": (Permission.MANAGE_SOURCES, "GET", 200),
    "fhir:revoke_client": (Permission.MANAGE_SOURCES, "POST", 422),
    # A launch of another person is refused with a sentence: tests/fhir/test_ehr_patients.py.
    "ehr:open": (Permission.SEE_PATIENTS, "GET", 422),
    "ehr:links": (Permission.CHANGE_SECURITY, "GET", 200),
    "ehr:link": (Permission.CHANGE_SECURITY, "GET", 200),
    "ehr:remove_account": (Permission.CHANGE_SECURITY, "POST", 422),
    "monitoring:sources": (Permission.MANAGE_SOURCES, "GET", 200),
    "monitoring:reference": (Permission.MANAGE_SOURCES, "GET", 200),
    "monitoring:source_settings": (Permission.MANAGE_SOURCES, "GET", 200),
    "monitoring:deliveries": (Permission.MANAGE_SOURCES, "GET", 200),
    "monitoring:move_source": (Permission.MANAGE_SOURCES, "POST", 422),
    "monitoring:play_again": (Permission.REVIEW_READINGS, "POST", 302),
    "monitoring:play_all_again": (Permission.REVIEW_READINGS, "POST", 302),
    "monitoring:unmatched_reading": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:repair_reading": (Permission.ENROLL, "POST", 422),
    "monitoring:set_aside": (Permission.REVIEW_READINGS, "POST", 422),
    "monitoring:mark_reviewed": (Permission.REVIEW_READINGS, "POST", 302),
    "monitoring:write_note": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:void_note": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:delivery": (Permission.REVIEW_READINGS, "GET", 200),
    "monitoring:choose_person": (Permission.REVIEW_READINGS, "POST", 422),
    "monitoring:withings_accounts": (Permission.MANAGE_SOURCES, "GET", 200),
    "monitoring:link_withings": (Permission.MANAGE_SOURCES, "POST", 422),
    "monitoring:unlink_withings": (Permission.MANAGE_SOURCES, "POST", 422),
    "monitoring:withings_return": (Permission.MANAGE_SOURCES, "GET", 422),
    "monitoring:unmatched": (Permission.REVIEW_READINGS, "GET", 200),
    "timetracking:timer": (Permission.TRACK_TIME, "GET", 200),
    "timetracking:start_timer": (Permission.TRACK_TIME, "POST", 302),
    "timetracking:stop_timer": (Permission.TRACK_TIME, "POST", 302),
    "timetracking:log_call": (Permission.TRACK_TIME, "GET", 200),
    "timetracking:idle": (Permission.TRACK_TIME, "POST", 200),
    "timetracking:begin_call": (Permission.TRACK_TIME, "POST", 302),
    "timetracking:hang_up": (Permission.TRACK_TIME, "POST", 200),
    "timetracking:call": (Permission.SEE_PATIENTS, "GET", 200),
    "timetracking:add_to_call": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:void_call": (Permission.ENTER_TIME, "POST", 422),
    "timetracking:activities": (Permission.TRACK_TIME, "GET", 200),
    "timetracking:record_visit": (Permission.TRACK_TIME, "GET", 200),
    "timetracking:beat": (Permission.TRACK_TIME, "POST", 204),
    "timetracking:pause": (Permission.TRACK_TIME, "POST", 302),
    "timetracking:my_day": (Permission.TRACK_TIME, "GET", 200),
    "timetracking:sign_day": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:staff_days": (Permission.ENTER_FOR_OTHERS, "GET", 200),
    "timetracking:productivity": (Permission.ENTER_FOR_OTHERS, "GET", 200),
    "timetracking:approve_time": (Permission.ENTER_FOR_OTHERS, "POST", 422),
    "timetracking:move_entry": (Permission.ENTER_TIME, "POST", 422),
    "timetracking:import_time": (Permission.ENTER_FOR_OTHERS, "GET", 200),
    "timetracking:confirm": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:settle_call_time": (Permission.TRACK_TIME, "POST", 422),
    "timetracking:void": (Permission.ENTER_TIME, "GET", 200),
    "timetracking:enter": (Permission.ENTER_TIME, "GET", 200),
    "billing:next_code": (Permission.TRACK_TIME, "GET", 200),
    "billing:practice": (Permission.SEE_MONTHS, "GET", 200),
    "billing:months": (Permission.SEE_MONTHS, "GET", 200),
    "billing:month": (Permission.SEE_MONTHS, "GET", 200),
    "billing:month_changes": (Permission.SEE_MONTHS, "GET", 200),
    "billing:forecast": (Permission.SEE_MONTHS, "GET", 200),
    "billing:not_asked": (Permission.SEE_MONTHS, "GET", 200),
    "billing:answer_not_asked": (Permission.RECORD_FACTS, "POST", 422),
    "billing:progress": (Permission.SEE_MONTHS, "GET", 200),
    "billing:pause_month": (Permission.CLOSE_MONTH, "POST", 422),
    "billing:approve_clean": (Permission.REVIEW_LINES, "POST", 302),
    "billing:request_override": (Permission.OVERRIDE_LINES, "GET", 200),
    "billing:decide_override": (Permission.OVERRIDE_LINES, "POST", 422),
    "billing:line": (Permission.SEE_MONTHS, "GET", 200),
    "billing:move_line": (Permission.REVIEW_LINES, "POST", 302),
    # Last, because it ends the review of the month, which can then not be sealed.
    "billing:compute_month": (Permission.CLOSE_MONTH, "POST", 302),
    "billing:patient_letter": (Permission.SEE_PATIENTS, "GET", 200),
    "billing:claims": (Permission.SEE_MONTHS, "GET", 200),
    "billing:send": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:confirm_corrections": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:writing": (Permission.SEE_MONTHS, "GET", 200),
    "billing:call_off": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:report_filing": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:submission": (Permission.SEE_MONTHS, "GET", 200),
    "billing:submission_file": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:deliver": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:withdraw": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:copy": (Permission.SEE_MONTHS, "GET", 200),
    "billing:copy_file": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:claim": (Permission.SEE_MONTHS, "GET", 200),
    "billing:packet": (Permission.SEE_MONTHS, "GET", 200),
    "billing:work": (Permission.SEE_MONTHS, "GET", 200),
    "billing:act_on_work": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:hold_rules": (Permission.SEE_MONTHS, "GET", 200),
    "billing:write_hold_rule": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:decide_hold_rule": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:open_appeal": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:appeal": (Permission.SEE_MONTHS, "GET", 200),
    "billing:file_appeal": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:decide_appeal": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:next_appeal": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:appeal_letter": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:correct": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:open_refund": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:ask_reopening": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:end_correction": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:reopening_letter": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:refunds": (Permission.SEE_MONTHS, "GET", 200),
    "billing:refund": (Permission.SEE_MONTHS, "GET", 200),
    "billing:prove_refund": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:investigate_refund": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:refund_letter": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:unbill": (Permission.OVERRIDE_LINES, "GET", 200),
    "billing:decide_unbill": (Permission.OVERRIDE_LINES, "POST", 422),
    "billing:answer": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:answers": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:post_held": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:remittances": (Permission.SEE_MONTHS, "GET", 200),
    "billing:check": (Permission.SEE_MONTHS, "GET", 200),
    "billing:deposits": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:enter_deposit": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:match_deposit": (Permission.SEND_CLAIMS, "POST", 404),
    "billing:bank_file": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:ageing": (Permission.SEE_MONTHS, "GET", 200),
    "billing:underpayments": (Permission.SEE_MONTHS, "GET", 200),
    "billing:patient_shares": (Permission.SEE_MONTHS, "GET", 200),
    "billing:write_offs": (Permission.SEE_MONTHS, "GET", 200),
    "billing:write_off": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:decide_write_off": (Permission.SEND_CLAIMS, "POST", 302),
    "billing:take_back_write_off": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:money_rules": (Permission.CHANGE_MONEY_RULES, "GET", 200),
    "billing:decide_money_rules": (Permission.CHANGE_MONEY_RULES, "POST", 200),
    "billing:hand_overs": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:make_hand_over": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:hand_over_file": (Permission.SEND_CLAIMS, "GET", 200),
    "billing:confirm_hand_over": (Permission.SEND_CLAIMS, "POST", 422),
    "reports:reports": (Permission.SEE_MONTHS, "GET", 200),
    "reports:report": (Permission.SEE_MONTHS, "GET", 200),
    "reports:save": (Permission.SEE_MONTHS, "POST", 422),
    "reports:make": (Permission.SEE_MONTHS, "POST", 422),
    "reports:file": (Permission.SEE_MONTHS, "GET", 200),
    "reports:run": (Permission.SEE_MONTHS, "GET", 404),  # only for the person who asked
    "reports:run_file": (Permission.SEE_MONTHS, "GET", 404),
    "reports:saved_report": (Permission.SEE_MONTHS, "GET", 302),
    "reports:remove": (Permission.SEE_MONTHS, "POST", 422),
    "billing:rule_years": (Permission.APPROVE_RULES, "GET", 200),
    "billing:load_rule_year": (Permission.LOAD_RULES, "POST", 422),
    "billing:rule_year": (Permission.APPROVE_RULES, "GET", 200),
    "billing:submit_rule_year": (Permission.LOAD_RULES, "POST", 422),
    "billing:decide_rule_year": (Permission.APPROVE_RULES, "POST", 422),
    "enrollment:diagnosis_releases": (Permission.LOAD_RULES, "GET", 200),
    "billing:start_draft": (Permission.DRAFT_POLICIES, "POST", 404),
    "billing:draft": (Permission.SEE_MONTHS, "GET", 200),
    "billing:change_draft": (Permission.DRAFT_POLICIES, "POST", 422),
    "billing:decide_draft": (Permission.APPROVE_POLICIES, "POST", 422),
    "billing:denials": (Permission.SEE_MONTHS, "GET", 200),
    "billing:denial_step": (Permission.SEND_CLAIMS, "POST", 422),
    "billing:mock_audits": (Permission.SEE_MONTHS, "GET", 200),
    "billing:draw_mock": (Permission.REVIEW_LINES, "POST", 422),
    "billing:mock_audit": (Permission.SEE_MONTHS, "GET", 200),
    "billing:conclude_claim": (Permission.REVIEW_LINES, "POST", 422),
    "billing:close_mock": (Permission.REVIEW_LINES, "POST", 422),
    "billing:packets": (Permission.SEE_MONTHS, "GET", 200),
    "billing:packet_run": (Permission.SEE_MONTHS, "GET", 200),
    "billing:packet_progress": (Permission.SEE_MONTHS, "GET", 200),
    "billing:packet_file": (Permission.SEE_MONTHS, "GET", 404),
    "billing:adjust": (Permission.APPROVE_SEAL, "POST", 422),
    "billing:policies": (Permission.SEE_MONTHS, "GET", 200),
    "billing:payer_profiles": (Permission.SEE_MONTHS, "GET", 200),
    "billing:record_payer_profile": (Permission.DRAFT_POLICIES, "POST", 404),
    "billing:all_billing_settings": (Permission.CHANGE_BILLING, "GET", 200),
    "billing:billing_settings": (Permission.CHANGE_BILLING, "GET", 200),
    "billing:change_billing_settings": (Permission.CHANGE_BILLING, "GET", 200),
    "billing:decide_billing_settings": (Permission.CHANGE_BILLING, "POST", 200),
    "billing:own_cases": (Permission.SEE_MONTHS, "GET", 200),
    "billing:add_own_cases": (Permission.DRAFT_POLICIES, "POST", 422),
    "billing:withdraw_own_case": (Permission.DRAFT_POLICIES, "POST", 302),
    "billing:fee_schedules": (Permission.SEE_MONTHS, "GET", 200),
    "billing:upload_fees": (Permission.DRAFT_POLICIES, "POST", 422),
    "billing:set_fee_basis": (Permission.DRAFT_POLICIES, "POST", 422),
    "billing:fee_file": (Permission.SEE_MONTHS, "GET", 200),
    "billing:load_fees": (Permission.DRAFT_POLICIES, "POST", 302),
    "billing:verify": (Permission.SEE_MONTHS, "POST", 200),
    "billing:seal_summary": (Permission.SEE_MONTHS, "GET", 404),  # not sealed yet
    "billing:lines_file": (Permission.SEE_MONTHS, "GET", 200),
    "billing:prepare_seal": (Permission.CLOSE_MONTH, "POST", 422),
    "billing:take_back": (Permission.CLOSE_MONTH, "POST", 422),
    "billing:attest": (Permission.ATTEST, "POST", 422),
    "billing:reopen_month": (Permission.APPROVE_SEAL, "POST", 422),
    "billing:seal_month": (Permission.APPROVE_SEAL, "POST", 422),
}
MONTH = Month(2026, 3)
WITHINGS_PAGES = ("withings_accounts", "link_withings", "unlink_withings")
OWN_CASE = {
    "id": "own", "program": "RPM", "policy": "medicare_general_supervision", "period": {"year": 2026, "month": 3},
    "facts": {}, "expected_codes": [],
}  # fmt: skip
# URLs of one row; for a row of another practice they must respond as if it did not exist.
WITH_ROWS = {
    "patient:link",
    "clinical_lists", "add_clinical_item", "end_clinical_item",
    "chart", "alerts:close", "alerts:take", "alerts:hand", "alerts:ask_outreach", "alerts:finish_outreach", "alerts:decide",
    "alerts:look_after", "alerts:follow", "monitoring:readings", "monitoring:enter_reading", "monitoring:correct_reading", "monitoring:bring_file", "monitoring:apple_health", "monitoring:add_rule",
    "monitoring:end_rule", "monitoring:source_settings", "monitoring:deliveries", "monitoring:move_source", "monitoring:play_again", "monitoring:delivery", "monitoring:choose_person", "monitoring:withings_accounts", "monitoring:link_withings", "monitoring:unlink_withings", "monitoring:unmatched_reading", "monitoring:repair_reading", "monitoring:set_aside", "monitoring:mark_reviewed", "monitoring:write_note", "monitoring:void_note", "timetracking:start_timer", "timetracking:log_call", "timetracking:begin_call", "timetracking:hang_up",
    "enrollment:merge", "billing:packet", "billing:submission", "billing:submission_file", "billing:deliver", "billing:withdraw", "billing:copy", "billing:copy_file",
    "billing:decide_hold_rule", "billing:open_appeal", "billing:appeal", "billing:file_appeal", "billing:decide_appeal",
    "billing:next_appeal", "billing:appeal_letter",
    "billing:correct", "billing:open_refund", "billing:ask_reopening", "billing:end_correction", "billing:reopening_letter",
    "billing:refund", "billing:prove_refund", "billing:investigate_refund", "billing:refund_letter", "billing:unbill", "billing:decide_unbill",
    "billing:claim", "billing:post_held", "billing:check", "billing:match_deposit", "billing:answer", "billing:adjust",
    "billing:rule_year", "billing:submit_rule_year", "billing:decide_rule_year",
    "billing:write_off", "billing:decide_write_off", "billing:take_back_write_off", "billing:decide_money_rules",
    "billing:hand_over_file", "billing:confirm_hand_over",
    "reports:run", "reports:run_file", "reports:saved_report", "reports:remove",
    "billing:decide_billing_settings",
    "billing:draft", "billing:change_draft", "billing:decide_draft", "billing:withdraw_own_case", "billing:fee_file", "billing:load_fees", "billing:denial_step", "billing:packet_run", "billing:packet_progress", "billing:packet_file",
    "timetracking:threads_of_patient", "timetracking:new_thread", "timetracking:thread", "timetracking:answer_thread",
    "timetracking:give_thread", "timetracking:snooze_thread", "timetracking:close_thread",
    "timetracking:call", "timetracking:add_to_call", "timetracking:void_call",
    "timetracking:settle_call_time", "to_sign:sign", "to_sign:withdraw",
    "billing:line", "billing:move_line", "patient_month", "patient_history", "timetracking:record_visit",
    "enrollment:order", "enrollment:order_pdf", "enrollment:paper", "enrollment:device", "enrollment:move_device", "enrollment:share_device",
    "billing:patient_letter", "billing:answer_not_asked", "billing:mock_audit", "billing:conclude_claim", "billing:close_mock", "timetracking:confirm", "timetracking:void", "timetracking:move_entry", "timetracking:enter", "billing:next_code",
    "move_person", "change_email", "withdraw_email_change", "withdraw_invitation", "approve_invitation", "decide_security", "billing:request_override", "billing:decide_override", "disclosures", "chart_as_of", "watching", "enrollment:panel", "enrollment:rejected", "enrollment:commit_panel", "enroll:page", "enroll:keep", "enroll:autosave", "enroll:save_text", "enroll:move", "timetracking:decide_rules",
    "contact:page", "contact:add_point", "contact:allow_caregiver", "contact:change_point", "contact:record_consent",
    "contact:end_caregiver", "contact:decide", "notices:channel", "notices:act",
    "fhir:client", "fhir:revoke_client", "ehr:open", "ehr:link", "ehr:remove_account", "enroll:facts", "enroll:record_fact", "enroll:withdraw_fact", "enroll:end_status", "enroll:visit_document", "enroll:take_over",
}  # fmt: skip


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "", path: str = "") -> set[tuple[str, str]]:
    """The route and the name of every URL; the name is empty if the URL has none."""
    all_routes = set()
    for item in patterns:
        if isinstance(item, URLResolver):
            inner = f"{prefix}{item.namespace}:" if item.namespace else prefix
            all_routes |= routes(item.url_patterns, inner, path + str(item.pattern))
        else:
            all_routes.add((path + str(item.pattern), prefix + item.name if item.name else ""))
    return all_routes


def admin_routes() -> set[tuple[str, str]]:
    """The routes that the Django admin creates for the registered models. A Django release that adds one fails here."""
    expected = {
        ("admin/", "admin:index"), ("admin/login/", "admin:login"), ("admin/logout/", "admin:logout"),
        ("admin/password_change/", "admin:password_change"),
        ("admin/password_change/done/", "admin:password_change_done"), ("admin/autocomplete/", "admin:autocomplete"),
        ("admin/jsi18n/", "admin:jsi18n"), ("admin/r/<path:content_type_id>/<path:object_id>/", "admin:view_on_site"),
        ("admin/(?P<url>.*)$", ""), ("admin/login/", ""), ("admin/password_change/", ""),
        ("admin/password_change/done/", ""),
        ("admin/enrollment/diagnosiscode/release/", "admin:enrollment_diagnosiscode_release"),
    }  # fmt: skip
    labels = list(dict.fromkeys(model._meta.app_label for model in admin.site._registry))
    expected.add((f"admin/^(?P<app_label>{'|'.join(labels)})/$", "admin:app_list"))
    for model, page in admin.site._registry.items():
        base, name = (
            f"admin/{model._meta.app_label}/{model._meta.model_name}/",
            model._meta.label_lower.replace(".", "_"),
        )
        expected |= {
            (base, f"admin:{name}_changelist"),
            (f"{base}add/", f"admin:{name}_add"),
            (f"{base}<path:object_id>/", ""),
        }
        expected |= {
            (f"{base}<path:object_id>/{act}/", f"admin:{name}_{act}") for act in ("change", "delete", "history")
        }
        if isinstance(page, SimpleHistoryAdmin):
            expected.add((f"{base}^([^/]+)/history/([^/]+)/$", f"admin:{name}_simple_history"))
    return expected


def test_every_url_is_in_a_table():
    all_routes = routes(get_resolver().url_patterns)

    assert {name for path, name in all_routes if not path.startswith("admin/")} == set(TABLE) | set(SAME_FOR_ALL)
    assert {row for row in all_routes if row[0].startswith("admin/")} == admin_routes()


@pytest.mark.slow
@pytest.mark.parametrize("role", [None, *Role])
def test_pages_outside_the_table_of_permissions_answer_each_role_the_same(world, role):
    """Nobody (None), and each role; a therapist assistant has no account in this practice."""
    if role == Role.THERAPIST_ASSISTANT:
        world.members[role] = add_member(
            practice=world.practice, role=role, starts_on=at("2026-01-01").date(), by=None,
            user=make_user(email="pta@example.com", given_name="A", family_name="B", password=PASSWORD),
        )  # fmt: skip
    for name, (arguments, *expected) in SAME_FOR_ALL.items():
        for verb, answer in zip(("get", "post"), expected[:2] if role is None else expected[2:], strict=True):
            client = signed_in(world.user(role)) if role else Client()
            response = getattr(client, verb)(reverse(name, args=arguments))
            is_redirect = response.status_code == 302
            actual = response["Location"].partition("?")[0] if is_redirect else response.status_code
            assert actual == answer, f"{verb} {name}"


@pytest.mark.slow
@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.PHYSICIAN, Role.AUDITOR])
def test_no_page_of_the_django_admin_opens_without_its_own_permission(world, role):
    """The admin is for staff users only, and a staff user without a permission on a model sees none of its pages."""
    client = signed_in(world.user(role)) if role else Client()
    for path, name in sorted(admin_routes()):
        if "^" in path or "(" in path:
            continue
        address = "/" + path.replace("<path:object_id>", "1").replace("<path:content_type_id>", "1")
        for verb in ("get", "post"):
            answer = getattr(client, verb)(address)
            assert answer.status_code in {302, 403, 405}, f"{verb} {name} {address}"
            if answer.status_code == 302:
                allowed_targets = (LOGIN, "/admin/login/", "/accounts/password/change/") + (
                    ("/admin/",) if role else ()
                )
                assert answer["Location"].partition("?")[0] in allowed_targets, address


EXCLUDED_ACCOUNT_PAGES = {
    "account_signup", "account_email", "account_email_verification_sent", "account_confirm_email",
    "account_set_password", "account_confirm_login_code",
}  # fmt: skip


def test_an_update_of_allauth_that_adds_a_page_is_noticed():
    """Every page of the installed release is either in package_urls or in the list of excluded pages."""
    offered = routes(account_urls.urlpatterns) | routes(mfa_urls.urlpatterns) | routes(usersessions_urls.urlpatterns)
    included = {name for name in SAME_FOR_ALL if name.startswith(("account_", "mfa_", "usersessions_"))}

    assert {name for _, name in offered} == included | EXCLUDED_ACCOUNT_PAGES
    assert {name for _, name in routes(get_resolver().url_patterns)}.isdisjoint(EXCLUDED_ACCOUNT_PAGES)


@pytest.mark.parametrize(
    "path", ["email/", "signup/", "confirm-email/", "confirm-email/x:y:z/", "password/set/", "login/code/confirm/"]
)
def test_pages_of_allauth_that_were_left_out_do_not_exist(world, path):
    for client in (Client(), signed_in(world.user("biller"))):
        for verb in ("get", "post"):
            answer = getattr(client, verb)(f"/accounts/{path}", {"action_add": "", "email": "new@example.com"})
            assert answer.status_code == 404, path
    assert not EmailAddress.objects.exists()


def add_monitoring_rows(one: World, now) -> None:
    """Add an alert rule, a limit proposal, a note, an outreach task, and an unmatched reading."""
    nurse = one.user("clinical_staff")
    one.rule = services.add_rule(
        enrollment=one.enrollment, spec={"kind": "absence", "days": 5}, severity="low", by=nurse
    )
    threshold = one.enrollment.thresholds.get()
    one.proposal = LimitProposal.objects.create(
        practice=one.practice, enrollment=one.enrollment, threshold=threshold, metric="blood_pressure", bound="high",
        current_limit=150, seen=155, times=2, made_at=now, made_by=nurse,
    )  # fmt: skip
    other = an_enrollment(
        one, a_patient(one.practice, nurse, mrn="S1", family="Silent"), serial=f"silent-{one.practice.pk}"
    )
    one.note = write_note(
        enrollment=one.enrollment, text="The cuff is small.", by=one.members["clinical_staff"], now=now
    )
    find_silence(one.practice.pk, now=now)
    quiet = Alert.objects.get(enrollment=other)
    one.task = plan_outreach(alert=quiet, owner=one.members["clinical_staff"], due_on=now.date(), by=nurse, now=now)
    one.read([now.date()], serial="never-seen")
    one.unplaced = UnmatchedReading.objects.get(practice=one.practice)
    one.withings, _ = services.open_source(practice=one.practice, name="W", shape="withings", now=now)
    one.fhir_client = a_client(one)
    add_contact_rows(one)
    one.ehr_launch = a_launch(one)


@pytest.fixture
def full_world(db: None) -> World:
    return _full_world()


def _payments(one: World, now: datetime) -> tuple[AnswerTransaction, PayerCheck]:
    """A held payment and a posted check."""
    file = AnswerFile.objects.create(
        practice=one.practice, sha256="0", body=b"", posted_at=now, posted_by=one.user("biller")
    )
    rows = [
        AnswerTransaction.objects.create(
            practice=one.practice, file=file, place=place, kind="835", verdict=verdict, key=verdict, on=now.date()
        )
        for place, verdict in enumerate(("held", "posted"), start=1)
    ]
    check = PayerCheck.objects.create(
        practice=one.practice, transaction=rows[1], payer="Medicare", payer_id="1", trace="EFT1", paid_on=now.date(),
        method="ACH", amount=1, ours=1, foreign=0, adjusted=0, unexplained=0,
    )  # fmt: skip
    return rows[0], check


SENT_CONTENT = Content(
    control="C1", frequency="1", original="", practice="Prairie", practice_npi="1881761864", tax_id="123456789",
    taxonomy="207Q00000X", practice_address=Address("12 Lake Street", "Chicago", "IL", "606011234"), payer="Medicare",
    payer_id="04412", filing="MB", medicare=True, family="P", given="P", member_id="1EG4TE5MK73", born="1950-03-02",
    sex="F", address=Address("7 Elm Rd", "Chicago", "IL", "60201"), rendering=ProviderName("P", "P", "1245319599"),
    place="11", diagnoses=("I10",), services=(), total="1",
).as_json()  # fmt: skip


def add_correction_rows(one: World, now: datetime) -> None:
    """A reopening, a request to un-bill, and a refund of the claim."""
    from billing.models import Appeal, ClaimCorrection, HoldRule, RefundDuty, UnbillRequest

    by, claim = one.user("physician"), one.line.claim
    one.correction = ClaimCorrection.objects.create(
        practice=one.practice, claim=claim, version=one.sent, way="reopening", reason="Wrong diagnosis sent",
        content=one.sent.content, opened_at=now, opened_by=by,
    )  # fmt: skip
    one.unbill = UnbillRequest.objects.create(
        practice=one.practice,
        line=one.line,
        kind="double",
        reason="Billed by the hospital too",
        asked_at=now,
        asked_by=by,
    )
    one.appeal = Appeal.objects.create(
        practice=one.practice, version=one.sent, answer=one.sent.answers.get(), level="appeal", amount=1, argument="It was right",
        due_on=now.date(), last_day=now.date(), opened_at=now, opened_by=by,
    )  # fmt: skip
    one.hold_rule = HoldRule.objects.create(
        practice=one.practice, field="code", operator="is", value="99457", effect="note", reason="Look at it again",
        starts_on=now.date(), asked_at=now, asked_by=by,
    )  # fmt: skip
    one.duty = RefundDuty.objects.create(
        practice=one.practice, claim=claim, line=one.line, source="person", reason="Paid in error", payer_amount=1,
        identified_on=now.date(), opened_at=now, opened_by=by,
    )  # fmt: skip


def add_money_rows(one: World, now: datetime) -> None:
    """A write-off that waits, a change of its limit, a hand-over, a saved and shared report, and a report's file."""
    one.write_off = WriteOff.objects.create(
        practice=one.practice, claim=one.line.claim, version=one.sent, amount=1, claim_total=60, limit=50,
        reason="small", asked_at=now, asked_by=one.user("biller"),
    )  # fmt: skip
    one.money_change = ask_change(
        MONEY_RULES, values={"write_off_limit": "20.00"}, reason="After the audit", by=one.members["manager"], now=now
    )
    one.hand_over = HandOver.objects.create(
        practice=one.practice, system="PM", number=1, made_at=now, made_by=one.user("biller"), body=b"PK", sha256="0",
        charges=0, charges_total=0, postings=0, postings_total=0, remittances=0,
    )  # fmt: skip
    one.report = SavedReport.objects.create(
        practice=one.practice, owner=one.user("clinical_staff"), name="Lines", subject="lines", query="subject=lines",
        is_shared=True, saved_at=now,
    )  # fmt: skip
    one.report_run = ReportRun.objects.create(
        practice=one.practice, asked_by=one.members["clinical_staff"], subject="lines", query="subject=lines",
        first_month=MONTH.first_day, last_month=MONTH.first_day, shape="csv", asked_at=now, signaled_at=now,
    )  # fmt: skip


def add_rows_of_every_kind(world: World) -> World:
    """Add one row of every kind that a URL needs to both practices: an alert, a calculated month, a line, and others."""
    from billing.answers.by_hand import answer_by_hand
    from billing.close.compute import compute_chunk
    from billing.close.moves import finish_computing, start_computing
    from billing.evidence.packet_runs import ask_for
    from billing.models import (
        CheckedClaim,
        ClaimCopy,
        ClaimLine,
        ClaimVersion,
        Deposit,
        FeeFile,
        MockAudit,
        OwnCase,
        Submission,
        content_digest,
    )
    from billing.policies.drafts import start_draft
    from billing.policies.rates import COLUMNS as COLUMNS_OF_RATES
    from billing.policies.rule_years import load_file
    from billing.review import overrides
    from billing.review.queries import pending_chunks

    now = at("2026-04-03")
    for one in filter(None, (world, world.other)):
        one.read(days("2026-02-10", "2026-03-30"), systolic=155)
        close = start_computing(practice=one.practice, month=MONTH, by=one.user("manager"), now=now)
        for chunk in pending_chunks(close.pk):
            compute_chunk(chunk, now=now)
        finish_computing(close_pk=close.pk, now=now)
        one.line = ClaimLine.objects.filter(close=close).first()
        one.alert = one.enrollment.alerts.first()
        consent = enrollment.record_consent(
            enrollment=one.enrollment, given_on=now.date(), mode="paper", taken_by=one.user("clinical_staff"), now=now,
            paper=b"%PDF-1.4 signed", **CONSENT_STATEMENTS,
        )  # fmt: skip
        one.export = Submission.objects.create(
            practice=one.practice, number=1, close=close, form="837p", made_at=now, made_by=one.user("biller"),
            sha256=hashlib.sha256(b"").hexdigest(), body=b"", claims=1, lines=1, total=1,
        )  # fmt: skip
        one.copy = ClaimCopy.objects.create(
            practice=one.practice, number=2, close=close, shape="csv", made_at=now, made_by=one.user("biller"),
            sha256=hashlib.sha256(b"").hexdigest(), body=b"", claims=1, total=1,
        )  # fmt: skip
        one.sent = ClaimVersion.objects.create(
            practice=one.practice, submission=one.export, claim=one.line.claim, number=1, frequency="1", lines=0,
            control=f"C{one.line.claim_id}", total=1, content=SENT_CONTENT,
            digest=content_digest(SENT_CONTENT),
        )  # fmt: skip
        answer_by_hand(
            version=one.sent, status="denied", paid="", payer_control="", note="Not covered", by=one.members["biller"],
            now=now,
        )  # fmt: skip
        one.held, one.check_row = _payments(one, now)
        add_money_rows(one, now)
        one.deposit = Deposit.objects.create(
            practice=one.practice, on=now.date(), amount=1, entered_at=now, entered_by=one.user("biller")
        )
        add_correction_rows(one, now)
        one.draft = start_draft(payer=one.payer, by=one.members["manager"], now=now)
        one.year_file = load_file(
            text='year = 2027\ntitle = "Rules of 2027"\nunverified = true\n', by=one.members["manager"], now=now
        )
        one.fee_file = FeeFile.objects.create(
            practice=one.practice, name="rates.csv", uploaded_by=one.user("manager"), uploaded_at=now,
            text=f"{','.join(COLUMNS_OF_RATES)}\n99457,2026,national,no,nonqualifying,51.77,x",
        )  # fmt: skip
        one.own_case = OwnCase.objects.create(
            practice=one.practice, title="Ours", case=OWN_CASE, added_by=one.user("manager"), added_at=now
        )
        one.mock = MockAudit.objects.create(
            practice=one.practice, first_month=MONTH.first_day, last_month=MONTH.first_day, drawn_from=1, seed=1,
            drawn_at=now, drawn_by=one.user("manager"),
        )  # fmt: skip
        CheckedClaim.objects.create(practice=one.practice, audit=one.mock, number=1, claim=one.line.claim)
        one.packets = ask_for(claims=[one.line.claim], title="", letter="", by=one.members["biller"], now=now)
        verdict = overrides.verdict_to_override(close, one.enrollment.public_id, "99457")
        one.override = overrides.ask(
            close=close, verdict=verdict, units=1, dos=MONTH.last_day, reason="Written down on paper on 12 March.",
            by=one.members["manager"], now=now,
        )  # fmt: skip
        one.invitation = Invitation(
            email=f"new{one.practice.pk}@example.org", given_name="Nia", family_name="Newcomer", role="biller"
        )
        invitations.invite(row=one.invitation, by=one.members["manager"], now=now)
        one.security_change = ask_change(
            SECURITY, values={"second_factor": "everybody"}, reason="After the audit", by=one.members["admin"], now=now
        )
        one.time_change = ask_change(
            TIME_RULES, values={"joint_work": True}, reason="After the audit", by=one.members["manager"], now=now
        )
        one.billing_change = ask_change(
            PRACTICE, values={"close_day": 5}, reason="After the audit", by=one.members["manager"], now=now
        )
        one.email_change = EmailChange.objects.create(
            practice=one.practice, membership=one.members["biller"], old_email=one.user("biller").email,
            new_email=f"later{one.practice.pk}@example.org", reason="Married, new name", asked_at=now,
            asked_by=one.user("admin"), expires_at=now,
        )  # fmt: skip
        add_monitoring_rows(one, now)
        one.call_kept = one.call("2026-02-21", by="manager")
        one.thread = receive_new(enrollment=one.enrollment, subject="general", text="A question.", now=now).thread
        one.entry = one.work("2026-02-20", 300, by="manager")
        one.panel = check_panel(practice=one.practice, body=",".join(COLUMNS).encode(), by=one.user("manager"), now=now)
        recorded = {"patient": one.patient, "source": "letter", "by": one.user("biller"), "now": now}
        one.stay = enrollment.record_fact(CareStatus, kind="hospice", starts_on=now.date(), **recorded)
        one.visit = enrollment.record_fact(
            QualifyingVisit,
            visited_on=now.date(),
            kind="office",
            seen_by="Dr. Ito",
            document=b"%PDF-1.4 visit",
            **recorded,
        )
        one.medication = add_item(
            patient=one.patient,
            kind="medication",
            name="Lisinopril",
            detail="20 mg daily",
            since=now.date(),
            by=one.members["clinical_staff"],
            now=now,
            today=now.date(),
        )
        one.paper, one.device = consent.paper, one.enrollment.assignments.get().device
        assert one.line
        assert one.alert
    return world


_full_world = Snapshot(lambda: add_rows_of_every_kind(a_world()))


def url_of(name: str, of: World) -> str:
    arguments = {
        "chart": [of.patient.public_id],
        "patient:link": [of.patient.public_id],
        "clinical_lists": [of.patient.public_id],
        "add_clinical_item": [of.patient.public_id],
        "end_clinical_item": [of.patient.public_id, of.medication.public_id],
        "watching": [of.enrollment.public_id],
        "change_email": [of.members["qhp"].public_id],
        "withdraw_email_change": [of.email_change.public_id],
        "move_person": [of.members["biller"].public_id],
        "withdraw_invitation": [of.invitation.public_id],
        "approve_invitation": [of.invitation.public_id],
        "decide_security": [of.security_change.public_id],
        "timetracking:decide_rules": [of.time_change.public_id],
        **{f"alerts:{move}": [of.alert.public_id] for move in ("close", "take", "hand", "ask_outreach")},
        "alerts:finish_outreach": [of.task.public_id],
        "alerts:decide": [of.proposal.public_id],
        "alerts:look_after": [of.enrollment.public_id],
        "alerts:follow": [of.enrollment.public_id],
        "alerts:month": [str(MONTH)],
        "monitoring:enter_reading": [of.enrollment.public_id],
        "monitoring:readings": [of.enrollment.public_id],
        "monitoring:correct_reading": [of.enrollment.public_id],
        "monitoring:bring_file": [of.enrollment.public_id],
        "monitoring:apple_health": [of.enrollment.public_id],
        "monitoring:add_rule": [of.enrollment.public_id],
        "monitoring:end_rule": [of.rule.public_id],
        **{f"contact:{name}": [of.patient.public_id] for name in ("page", "add_point", "allow_caregiver")},
        **{f"contact:{name}": [of.point.public_id] for name in ("change_point", "record_consent")},
        "contact:end_caregiver": [of.caregiver.public_id],
        "contact:decide": [of.stop_request.public_id],
        "notices:channel": [of.account.public_id],
        "notices:act": [of.not_sent.public_id],
        "fhir:client": [of.fhir_client.public_id],
        "fhir:revoke_client": [of.fhir_client.public_id],
        "ehr:open": [of.ehr_launch.public_id],
        **{f"ehr:{name}": [of.ehr_launch.link.public_id] for name in ("link", "remove_account")},
        "monitoring:source_settings": [of.source.public_id],
        "monitoring:deliveries": [of.source.public_id],
        "monitoring:move_source": [of.source.public_id],
        "monitoring:play_again": [of.unplaced.delivery.public_id],
        "monitoring:delivery": [of.unplaced.delivery.public_id],
        "monitoring:choose_person": [of.unplaced.public_id],
        **{f"monitoring:{name}": [of.withings.public_id] for name in WITHINGS_PAGES},
        "monitoring:unmatched_reading": [of.unplaced.public_id],
        "monitoring:repair_reading": [of.unplaced.public_id],
        "monitoring:set_aside": [of.unplaced.public_id],
        "monitoring:write_note": [of.enrollment.public_id],
        "monitoring:void_note": [of.note.public_id],
        "monitoring:mark_reviewed": [of.enrollment.public_id],
        "timetracking:start_timer": [of.enrollment.public_id],
        "timetracking:log_call": [of.enrollment.public_id],
        "timetracking:begin_call": [of.enrollment.public_id],
        "timetracking:hang_up": [of.enrollment.public_id],
        "timetracking:call": [of.call_kept.public_id],
        "timetracking:add_to_call": [of.call_kept.public_id],
        "timetracking:void_call": [of.call_kept.public_id],
        "timetracking:record_visit": [of.patient.public_id],
        **{f"timetracking:{name}": [of.enrollment.public_id] for name in ("threads_of_patient", "new_thread")},
        "timetracking:thread": [of.thread.public_id],
        **{f"timetracking:{move}_thread": [of.thread.public_id] for move in ("answer", "give", "snooze", "close")},
        "enrollment:order": [of.enrollment.orders.get().public_id],
        "enrollment:order_pdf": [of.enrollment.orders.get().public_id],
        "enrollment:paper": [of.paper.public_id],
        "enrollment:device": [of.device.public_id],
        "enrollment:move_device": [of.device.public_id],
        "enrollment:share_device": [of.device.public_id],
        "enrollment:merge": [of.patient.public_id],
        "enrollment:panel": [of.panel.public_id],
        "timetracking:confirm": [of.entry.public_id],
        "to_sign:sign": [of.enrollment.public_id],
        "to_sign:withdraw": [of.enrollment.public_id],
        "timetracking:settle_call_time": [of.entry.public_id],
        "timetracking:void": [of.entry.public_id],
        "timetracking:move_entry": [of.entry.public_id],
        "timetracking:enter": [of.enrollment.public_id],
        "billing:next_code": [of.enrollment.public_id],
        "enrollment:rejected": [of.panel.public_id],
        "enrollment:commit_panel": [of.panel.public_id],
        "enroll:page": [of.enrollment.public_id],
        "enroll:keep": [of.enrollment.public_id, "coverage"],
        "enroll:autosave": [of.enrollment.public_id, "coverage"],
        "enroll:save_text": [of.enrollment.public_id, "call"],
        "enroll:move": [of.enrollment.public_id],
        "enroll:facts": [of.enrollment.public_id],
        "enroll:record_fact": [of.enrollment.public_id, "status"],
        "enroll:withdraw_fact": [of.enrollment.public_id, "status", of.stay.public_id],
        "enroll:end_status": [of.enrollment.public_id, of.stay.public_id],
        "enroll:take_over": [of.enrollment.public_id],
        "enroll:visit_document": [of.visit.public_id],
        "billing:mock_audit": [of.mock.public_id],
        "billing:close_mock": [of.mock.public_id],
        "billing:conclude_claim": [of.mock.claims.get().public_id],
        "billing:patient_letter": [of.patient.public_id, str(MONTH)],
        "patient_month": [of.patient.public_id, str(MONTH)],
        "patient_history": [of.patient.public_id],
        "disclosures": [of.patient.public_id],
        "chart_as_of": [of.patient.public_id],
        **{
            f"billing:{name}": [of.export.public_id]
            for name in ("submission", "submission_file", "deliver", "withdraw")
        },
        **{f"billing:{name}": [of.copy.public_id] for name in ("copy", "copy_file")},
        **{f"billing:{name}": [of.line.claim.public_id] for name in ("claim", "correct", "open_refund")},
        **{
            f"billing:{name}": [of.correction.public_id]
            for name in ("ask_reopening", "end_correction", "reopening_letter")
        },
        **{
            f"billing:{name}": [of.duty.public_id]
            for name in ("refund", "prove_refund", "investigate_refund", "refund_letter")
        },
        "billing:open_appeal": [of.sent.public_id],
        **{
            f"billing:{name}": [of.appeal.public_id]
            for name in ("appeal", "file_appeal", "decide_appeal", "next_appeal", "appeal_letter")
        },
        "billing:decide_hold_rule": [of.hold_rule.public_id],
        "billing:unbill": [of.line.public_id],
        "billing:decide_unbill": [of.unbill.public_id],
        "billing:post_held": [of.held.public_id],
        "billing:check": [of.check_row.public_id],
        "billing:match_deposit": [of.deposit.public_id],
        "billing:packet": [of.line.claim.public_id],
        "billing:write_off": [of.line.claim.public_id],
        **{f"billing:{name}": [of.write_off.public_id] for name in ("decide_write_off", "take_back_write_off")},
        "billing:decide_money_rules": [of.money_change.public_id],
        **{f"billing:{name}": [of.hand_over.public_id] for name in ("hand_over_file", "confirm_hand_over")},
        "reports:file": ["csv"],
        **{f"reports:{name}": [of.report_run.public_id] for name in ("run", "run_file")},
        **{f"reports:{name}": [of.report.public_id] for name in ("saved_report", "remove")},
        "billing:answer": [of.sent.public_id],
        "billing:denial_step": [of.sent.public_id],
        **{f"billing:{name}": [of.draft.public_id] for name in ("draft", "change_draft", "decide_draft")},
        **{
            f"billing:{name}": [of.year_file.public_id]
            for name in ("rule_year", "submit_rule_year", "decide_rule_year")
        },
        **{f"billing:{name}": [of.fee_file.public_id] for name in ("fee_file", "load_fees")},
        "billing:billing_settings": ["profile"],
        "billing:change_billing_settings": ["practice"],
        "billing:decide_billing_settings": ["practice", of.billing_change.public_id],
        "billing:withdraw_own_case": [of.own_case.public_id],
        **{f"billing:{name}": [of.packets.public_id] for name in ("packet_run", "packet_progress", "packet_file")},
        "billing:lines_file": [str(MONTH), "csv"],
        "billing:seal_summary": [str(MONTH)],
        "billing:adjust": [str(MONTH), of.patient.public_id],
        "billing:request_override": [str(MONTH), of.enrollment.public_id, "99457"],
        "billing:answer_not_asked": [str(MONTH), of.enrollment.public_id],
        "billing:decide_override": [of.override.public_id],
        "billing:line": [of.line.public_id],
        "billing:move_line": [of.line.public_id],
    }.get(
        name,
        [str(MONTH)]
        if name.startswith("billing:")
        and name
        not in {
            "billing:months",
            "billing:practice",
            "billing:remittances",
            "billing:answers",
            "billing:deposits",
            "billing:enter_deposit",
            "billing:policies",
            "billing:denials",
            "billing:refunds",
            "billing:work",
            "billing:act_on_work",
            "billing:hold_rules",
            "billing:write_hold_rule",
            "billing:packets",
            "billing:mock_audits",
            "billing:draw_mock",
            "billing:start_draft",
            "billing:all_billing_settings",
            "billing:rule_years",
            "billing:load_rule_year",
            "billing:payer_profiles",
            "billing:record_payer_profile",
            "billing:own_cases",
            "billing:add_own_cases",
            "billing:fee_schedules",
            "billing:upload_fees",
            "billing:set_fee_basis",
            "billing:bank_file",
            "billing:ageing",
            "billing:underpayments",
            "billing:patient_shares",
            "billing:write_offs",
            "billing:money_rules",
            "billing:hand_overs",
            "billing:make_hand_over",
        }
        else [],
    )
    query = f"?reading={of.alert.reading_id}" if name == "monitoring:correct_reading" else ""
    return reverse(name, args=arguments) + query


def send_request(client: Client, name: str, of: World) -> object:
    verb = TABLE[name][1]
    data = {"to": "held", "reason": "look up", "conclusion": "called"} if verb == "POST" else {}
    return getattr(client, verb.lower())(url_of(name, of), data)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="rpm_portal.accounts.backends.PortalBackend")
    return client


METHODS_KEY = "account_authentication_methods"


def in_admin(user) -> Client:
    """A client of a person who may use the Django admin and has just shown password and second factor."""
    user.is_staff = user.is_superuser = True
    user.save()
    client = signed_in(user)
    session = client.session
    session[METHODS_KEY] = [{"method": method, "at": time.time()} for method in ("password", "mfa")]
    session[f"{METHODS_KEY}_user"] = str(user.pk)
    session.save()
    return client


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in Role if role != Role.THERAPIST_ASSISTANT])
def test_each_role_gets_what_the_table_says(full_world, role):
    client = signed_in(full_world.user(role))
    for name, (permission, _, answer) in TABLE.items():
        status = send_request(client, name, full_world).status_code
        if name == "worklist" and not may(role, permission):
            assert status == 302, name
        else:
            assert status == (answer if may(role, permission) else 403), f"{role} at {name}"


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.PHYSICIAN, Role.MANAGER, Role.CLINICAL_STAFF, Role.BILLER])
def test_the_other_practice_finds_nothing_and_learns_nothing(full_world, role):
    secret = [full_world.patient.family_name.upper(), full_world.patient.mrn + "-none", full_world.enrollment.public_id]
    client = signed_in(full_world.other.user(role))
    for name in sorted(WITH_ROWS):
        answer = send_request(client, name, full_world)
        assert answer.status_code == (404 if may(role, TABLE[name][0]) else 403), name
        assert not any(word.encode() in answer.content for word in secret), name


@pytest.mark.slow
def test_lists_contain_no_row_of_the_other_practice(full_world):
    client = signed_in(full_world.other.user(Role.MANAGER))
    lists = ["worklist", "worklist_counts", "worklist_narrow", "enrollment:patients", "billing:months", "billing:month"]
    for name in [*lists, "audit"]:
        body = send_request(client, name, full_world.other).content.decode()
        assert full_world.patient.family_name.upper() not in body, name
        assert full_world.patient.public_id not in body, name


@pytest.mark.slow
def test_nobody_opens_a_page_without_signing_in(full_world):
    for name in TABLE:
        answer = send_request(Client(), name, full_world)
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/accounts/login/"), name


@pytest.mark.slow
def test_a_forged_form_is_refused_everywhere(full_world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(full_world.user(Role.MANAGER), backend="rpm_portal.accounts.backends.PortalBackend")
    for name, (_, verb, _) in TABLE.items():
        if verb == "POST":
            assert client.post(url_of(name, full_world)).status_code == 403, name


@pytest.mark.slow
def test_a_get_never_writes_what_a_post_should(full_world):
    client = signed_in(full_world.user(Role.MANAGER))
    for name, (_, verb, _) in TABLE.items():
        if verb == "POST":
            assert client.get(url_of(name, full_world)).status_code in {403, 405}, name


def test_a_role_that_has_ended_loses_access_at_once(full_world):
    client = signed_in(full_world.user(Role.PHYSICIAN))
    assert client.get("/").status_code == 200
    membership = full_world.members[Role.PHYSICIAN]
    membership.ends_on = at("2026-01-01").date()
    membership.starts_on = membership.ends_on
    membership.save()

    answer = client.get("/")

    assert answer.status_code == 403
    assert full_world.patient.family_name.upper().encode() not in answer.content


def test_a_person_cannot_switch_to_a_practice_without_a_membership(full_world):
    client = signed_in(full_world.user(Role.MANAGER))

    answer = client.post("/practice/switch/", {"practice": full_world.other.practice.public_id})

    assert answer.status_code == 404


def test_the_admin_refuses_without_a_redirect_loop(full_world):
    client = signed_in(full_world.user("manager"))
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert b"not open to you" in answer.content
    assert len(answer.redirect_chain) == 1


def test_the_admin_uses_the_same_sign_in(full_world):
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    manager = signed_in(full_world.user(Role.MANAGER)).get("/admin/")
    assert manager.status_code == 302


def test_the_admin_opens_for_staff_and_lists_its_tables(full_world):
    client = in_admin(full_world.user(Role.ADMIN))
    for page in ("", "accounts/practice/", "accounts/membership/", "accounts/user/", "enrollment/payer/",
                 "billing/payerpolicy/", "enrollment/device/"):  # fmt: skip
        assert client.get(f"/admin/{page}").status_code == 200, page
    for page in ("enrollment/patient/", "billing/claimline/", "monitoring/reading/", "timetracking/timeentry/"):
        assert client.get(f"/admin/{page}").status_code == 404, page


def test_an_htmx_request_without_a_session_leads_the_whole_page_to_sign_in(full_world):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/patients/x/"}
    answer = Client().get("/timer/", headers=headers | {"X-Portal-Act": "1"})

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fpatients%2Fx%2F"
    by_the_page_itself = Client().get("/timer/", headers=headers)
    assert by_the_page_itself.status_code == 204
    assert "HX-Redirect" not in by_the_page_itself, (
        "a page with unsaved text is not left by a request in the background"
    )


def test_sign_in_by_password_works_and_is_audited(full_world):
    from rpm_portal.audit.models import Event

    client = Client()
    user = full_world.user(Role.PHYSICIAN)
    user.set_password(PASSWORD)
    user.save()
    refused = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    assert refused.status_code == 200
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    assert answer.status_code == 302
    actions = set(Event.objects.filter(actor=user).values_list("action", flat=True))
    assert {"sign_in", "sign_in_failed"} <= actions


def test_nobody_signs_themselves_up(full_world):
    answer = Client().post(
        "/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD, "password2": PASSWORD}
    )

    from rpm_portal.accounts.models import User

    assert answer.status_code in {200, 403, 404}
    assert not User.objects.filter(email="x@example.com").exists()


def test_pages_are_never_cached_and_carry_their_policy(full_world):
    answer = signed_in(full_world.user(Role.PHYSICIAN)).get("/")

    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


CLINICAL_TEXT = ("Quincewords", "Medlarwords", "Damsonwords", "Sloewords", "Bullacewords")


def add_clinical_text(world):
    """A note, a call with text and addendum, and a review, each with a word of its own."""
    now, nurse = at("2026-03-20", "17:00:00"), world.members["clinical_staff"]
    write_note(enrollment=world.enrollment, text=CLINICAL_TEXT[0], by=nurse, now=now)
    call = log_call(
        enrollment=world.enrollment, channel="phone", outcome="patient", started_at=at("2026-03-20", "16:00:00"),
        ended_at=at("2026-03-20", "16:03:00"), showed=CLINICAL_TEXT[1], decided=CLINICAL_TEXT[2], by=nurse, now=now,
    )  # fmt: skip
    add_to_call(call=call, text=CLINICAL_TEXT[3], by=nurse, now=now)
    services.mark_reviewed(enrollment=world.enrollment, by=nurse.user, now=now, note=CLINICAL_TEXT[4])
    return {
        f"/patients/{world.patient.public_id}/",
        f"/patients/{world.patient.public_id}/as-of/?at=2026-03-31T12:00",
        reverse("timetracking:call", args=[call.public_id]),
    }


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.BILLER, Role.ADMIN])
def test_clinical_text_is_on_no_page_of_a_biller_or_an_administrator(full_world, role):
    """The minimum necessary: charts, evidence and claims without notes, call texts and reviews."""
    pages = add_clinical_text(full_world)
    client = signed_in(full_world.user(role))
    for name, (permission, verb, _) in TABLE.items():
        if verb == "GET" and may(role, permission):
            pages.add(url_of(name, full_world))
    for page in sorted(pages):
        answer = client.get(page)
        shown = b"".join(answer) if answer.streaming else answer.content
        assert not [word for word in CLINICAL_TEXT if word.encode() in shown], page


@pytest.mark.parametrize("role", [Role.CLINICAL_STAFF, Role.PHYSICIAN, Role.MANAGER, Role.AUDITOR])
def test_roles_of_care_and_audit_read_clinical_text(full_world, role):
    pages = add_clinical_text(full_world)
    client = signed_in(full_world.user(role))
    shown = "".join(client.get(page).content.decode() for page in pages)
    assert [word for word in CLINICAL_TEXT if word not in shown] == []


def test_an_administrator_reads_clinical_text_only_in_an_emergency(full_world):
    pages = add_clinical_text(full_world)
    client = signed_in(full_world.user(Role.ADMIN))
    assert {client.get(page).status_code for page in pages} == {403}
    client.post("/emergency/", {"reason": "The patient fell unconscious.", "password": PASSWORD})
    shown = "".join(client.get(page).content.decode() for page in pages)
    assert [word for word in CLINICAL_TEXT if word not in shown] == []
