"""Promises of the database: rows agree on their practice, and what happened is not rewritten."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """After the tables are made."""

    dependencies = [
        ("billing", "0001_initial"),
        ("accounts", "0001_initial"),
        ("enrollment", "0002_promises"),
    ]

    operations = [
        SamePractice("billing_payerpolicy", "payer_id", "enrollment_payer"),
        SamePractice("billing_closechunk", "close_id", "billing_monthclose"),
        SamePractice("billing_verdict", "close_id", "billing_monthclose"),
        SamePractice("billing_verdict", "enrollment_id", "enrollment_enrollment"),
        SamePractice("billing_claim", "close_id", "billing_monthclose"),
        SamePractice("billing_claim", "patient_id", "enrollment_patient"),
        SamePractice("billing_claim", "payer_id", "enrollment_payer"),
        SamePractice("billing_claim", "billing_provider_id", "accounts_membership"),
        SamePractice("billing_claimline", "claim_id", "billing_claim"),
        SamePractice("billing_claimline", "close_id", "billing_monthclose"),
        SamePractice("billing_claimline", "enrollment_id", "enrollment_enrollment"),
        SamePractice("billing_claimline", "patient_id", "enrollment_patient"),
        SamePractice("billing_claimline", "episode_id", "enrollment_episode"),
        SamePractice("billing_linereview", "line_id", "billing_claimline"),
        AppendOnly("billing_verdict"),
        AppendOnly("billing_linereview"),
    ]
