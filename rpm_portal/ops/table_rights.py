"""What the role that the portal runs under may do with each table, besides reading and inserting rows.

A table that is in no list, or in two, fails `tests/ops/test_db_grants.py`: a right is given because the product needs
it, not by default. History tables (`*_historical*`) are never in a list: their rows are inserted and read.
"""

# Only read: the owner migrates.
READ_ONLY_TABLES = frozenset(
    {
        "django_migrations",
        "django_content_type",
        "auth_permission",
        "auth_group",
        "auth_group_permissions",
        "accounts_user_groups",
        "accounts_user_user_permissions",
        "billing_codeverdict",
    }
)

# Neither updated nor deleted: what happened, was signed, was sent or was answered.
INSERT_ONLY_TABLES = frozenset(
    {
        "audit_event",
        "django_admin_log",
        "axes_accesslog",
        "axes_accessfailurelog",
        "socialaccount_socialapp",
        "enrollment_consentpaper",
        "enrollment_visitdocument",
        "enrollment_order",
        "monitoring_alertstep",
        "monitoring_breach",
        "monitoring_deliverybody",
        "monitoring_personchoice",
        "monitoring_review",
        "monitoring_vendorreading",
        "timetracking_calladdendum",
        "timetracking_daysignature",
        "timetracking_timeapproval",
        "billing_adjustment",
        "billing_attestation",
        "billing_claim",
        "billing_denialstep",
        "billing_deviceanchor",
        "billing_linereview",
        "billing_copiedclaim",
        "billing_foreignclaim",
        "billing_ledgerentry",
        "billing_payercheck",
        "billing_provideradjustment",
        "billing_sealdigest",
        "billing_sealedclaim",
        "billing_submissionevent",
    }
)

# Only these columns are updated. A lock (SELECT ... FOR UPDATE) needs the right to update one column.
UPDATED_COLUMNS = {
    "billing_claimline": ("state",),
    "billing_monthseal": ("lifted_at", "lifted_by_id", "lift_reason"),
    "billing_keptdecision": ("replaced_in", "facts_change_count"),
    # A body or content is encrypted again with another key.
    "billing_submission": ("body", "downloaded_at", "delivered_at", "withdrawn_at"),
    "billing_claimversion": ("content", "state", "open_lines", "decided_by_id"),
    "billing_claimcopy": ("body",),
    "billing_answerfile": ("body",),
    "billing_answertransaction": ("posted_at", "posted_by_id", "post_reason"),
    "billing_deposit": ("check_row_id", "matched_at", "matched_by_id"),
    "billing_answer": ("id",),  # locked only; its trigger refuses every change
}

# Rows that are updated and never deleted.
UPDATED_TABLES = frozenset(
    {
        "accounts_emailchange",
        "accounts_emergencyaccess",
        "accounts_invitation",
        "accounts_membership",
        "accounts_practice",
        "accounts_settingchange",
        "accounts_singlesignon",
        "accounts_user",
        "audit_chainhead",
        "enrollment_clinic",
        "enrollment_consent",
        "enrollment_consentscript",
        "enrollment_coverage",
        "enrollment_device",
        "enrollment_deviceassignment",
        "enrollment_devicemodel",
        "enrollment_deviceshare",
        "enrollment_diagnosisrelease",
        "enrollment_enrollment",
        "enrollment_episode",
        "enrollment_panel",
        "enrollment_panelprogress",
        "enrollment_patient",
        "enrollment_pause",
        "enrollment_payer",
        "enrollment_carestatus",
        "enrollment_clinicalitem",
        "enrollment_earlierprovider",
        "enrollment_otherbillinganswer",
        "enrollment_outsideclaim",
        "enrollment_planofcare",
        "enrollment_priorauthorization",
        "enrollment_qualifyingvisit",
        "monitoring_alert",
        "monitoring_alertrule",
        "monitoring_clockcorrection",
        "monitoring_conditiontemplate",
        "monitoring_delivery",
        "monitoring_devicecontact",
        "monitoring_limitproposal",
        "monitoring_note",
        "monitoring_outreach",
        "monitoring_reading",
        "monitoring_readingday",
        "monitoring_rememberedformat",
        "monitoring_senderstatement",
        "monitoring_source",
        "monitoring_standing",
        "monitoring_threshold",
        "monitoring_unmatchedreading",
        "monitoring_vendoraccount",
        "monitoring_watch",
        "timetracking_activityname",
        "timetracking_call",
        "timetracking_calltemplate",
        "timetracking_monthtotal",
        "timetracking_startpolicy",
        "timetracking_timeentry",
        "timetracking_timepolicy",
        "timetracking_visit",
        "billing_charge",
        "billing_placeofservice",
        "billing_checkedclaim",
        "billing_claimsetup",
        "billing_closechunk",
        "billing_exportrun",
        "billing_feebasis",
        "billing_feefile",
        "billing_mockaudit",
        "billing_monthclose",
        "billing_owncase",
        "billing_packetitem",
        "billing_packetrun",
        "billing_payerpolicy",
        "billing_payerprofile",
        "billing_policydraft",
        "billing_linebalance",
        "billing_lineoverride",
        "billing_rate",
        "billing_ruleyearfile",
        "worklist_display",
        "worklist_row",
        "worklist_snooze",
    }
)

# Rows that are also deleted: sessions, sign-in attempts, second factors, drafts, saved views, releases of codes.
DELETED_TABLES = frozenset(
    {
        "django_session",
        "usersessions_usersession",
        "mfa_authenticator",
        "account_emailaddress",
        "account_emailconfirmation",
        "socialaccount_socialaccount",
        "socialaccount_socialtoken",
        "axes_accessattempt",
        "accounts_factorattempt",
        "accounts_sentform",
        "axes_accessattemptexpiration",
        "enrollment_carddraft",
        "enrollment_textdraft",
        "enrollment_diagnosiscode",
        "worklist_savedview",
        # Reopening a month removes its lock; a trigger refuses it while the month is sealed or sent.
        "timetracking_monthlock",
    }
)
