"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE billing_monthclose ADD CONSTRAINT billing_monthclose_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_monthseal ADD CONSTRAINT billing_monthseal_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_deviceanchor ADD CONSTRAINT billing_deviceanchor_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_closechunk ADD CONSTRAINT billing_closechunk_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_attestation ADD CONSTRAINT billing_attestation_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_linereview ADD CONSTRAINT billing_linereview_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_charge ADD CONSTRAINT billing_charge_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_placeofservice ADD CONSTRAINT billing_placeofservice_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_submission ADD CONSTRAINT billing_submission_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_submissionevent ADD CONSTRAINT billing_submissionevent_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_adjustment ADD CONSTRAINT billing_adjustment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimcopy ADD CONSTRAINT billing_claimcopy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_copiedclaim ADD CONSTRAINT billing_copiedclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answerfile ADD CONSTRAINT billing_answerfile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answertransaction ADD CONSTRAINT billing_answertransaction_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_clearinghousechannel ADD CONSTRAINT billing_clearinghousechannel_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_billingprofile ADD CONSTRAINT billing_billingprofile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_providertaxonomy ADD CONSTRAINT billing_providertaxonomy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_formmargins ADD CONSTRAINT billing_formmargins_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_keptdecision ADD CONSTRAINT billing_keptdecision_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_payerpolicy ADD CONSTRAINT billing_payerpolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_feebasis ADD CONSTRAINT billing_feebasis_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_feefile ADD CONSTRAINT billing_feefile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_rate ADD CONSTRAINT billing_rate_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_policydraft ADD CONSTRAINT billing_policydraft_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_payercheck ADD CONSTRAINT billing_payercheck_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_foreignclaim ADD CONSTRAINT billing_foreignclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_provideradjustment ADD CONSTRAINT billing_provideradjustment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_deposit ADD CONSTRAINT billing_deposit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_handover ADD CONSTRAINT billing_handover_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_handedentry ADD CONSTRAINT billing_handedentry_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_handedfile ADD CONSTRAINT billing_handedfile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_holdrule ADD CONSTRAINT billing_holdrule_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_mockaudit ADD CONSTRAINT billing_mockaudit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_checkedclaim ADD CONSTRAINT billing_checkedclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_packetrun ADD CONSTRAINT billing_packetrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_packetitem ADD CONSTRAINT billing_packetitem_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_payerprofile ADD CONSTRAINT billing_payerprofile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_owncase ADD CONSTRAINT billing_owncase_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_refundduty ADD CONSTRAINT billing_refundduty_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_ruleyearfile ADD CONSTRAINT billing_ruleyearfile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_sealdigest ADD CONSTRAINT billing_sealdigest_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_sealedclaim ADD CONSTRAINT billing_sealedclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_unbillrequest ADD CONSTRAINT billing_unbillrequest_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_worknote ADD CONSTRAINT billing_worknote_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_moneypolicy ADD CONSTRAINT billing_moneypolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_monthseal ADD CONSTRAINT billing_monthseal_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_deviceanchor ADD CONSTRAINT billing_deviceanchor_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_deviceanchor ADD CONSTRAINT billing_deviceanchor_fixed_by_id_same_practice
  FOREIGN KEY (practice_id, fixed_by_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_closechunk ADD CONSTRAINT billing_closechunk_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_attestation ADD CONSTRAINT billing_attestation_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_attestation ADD CONSTRAINT billing_attestation_provider_id_same_practice
  FOREIGN KEY (practice_id, provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_billing_provider_id_same_practice
  FOREIGN KEY (practice_id, billing_provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_episode_id_same_practice
  FOREIGN KEY (practice_id, episode_id) REFERENCES enrollment_episode(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_adjustment_id_same_practice
  FOREIGN KEY (practice_id, adjustment_id) REFERENCES billing_adjustment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linereview ADD CONSTRAINT billing_linereview_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_placeofservice ADD CONSTRAINT billing_placeofservice_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_submission ADD CONSTRAINT billing_submission_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_submissionevent ADD CONSTRAINT billing_submissionevent_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_adjustment ADD CONSTRAINT billing_adjustment_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_adjustment ADD CONSTRAINT billing_adjustment_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_previous_id_same_practice
  FOREIGN KEY (practice_id, previous_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_correction_id_same_practice
  FOREIGN KEY (practice_id, correction_id) REFERENCES billing_claimcorrection(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_decided_by_id_same_practice
  FOREIGN KEY (practice_id, decided_by_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcopy ADD CONSTRAINT billing_claimcopy_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_copiedclaim ADD CONSTRAINT billing_copiedclaim_copy_id_same_practice
  FOREIGN KEY (practice_id, copy_id) REFERENCES billing_claimcopy(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_copiedclaim ADD CONSTRAINT billing_copiedclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answertransaction ADD CONSTRAINT billing_answertransaction_file_id_same_practice
  FOREIGN KEY (practice_id, file_id) REFERENCES billing_answerfile(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_parent_id_same_practice
  FOREIGN KEY (practice_id, parent_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_previous_id_same_practice
  FOREIGN KEY (practice_id, previous_id) REFERENCES billing_appeal(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_billingprofile ADD CONSTRAINT billing_billingprofile_clinic_id_same_practice
  FOREIGN KEY (practice_id, clinic_id) REFERENCES enrollment_clinic(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_billingprofile ADD CONSTRAINT billing_billingprofile_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_providertaxonomy ADD CONSTRAINT billing_providertaxonomy_member_id_same_practice
  FOREIGN KEY (practice_id, member_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_keptdecision ADD CONSTRAINT billing_keptdecision_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_keptdecision ADD CONSTRAINT billing_keptdecision_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_payerpolicy ADD CONSTRAINT billing_payerpolicy_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_rate ADD CONSTRAINT billing_rate_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_rate ADD CONSTRAINT billing_rate_file_id_same_practice
  FOREIGN KEY (practice_id, file_id) REFERENCES billing_feefile(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_policydraft ADD CONSTRAINT billing_policydraft_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_policydraft ADD CONSTRAINT billing_policydraft_policy_id_same_practice
  FOREIGN KEY (practice_id, policy_id) REFERENCES billing_payerpolicy(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_asked_by_id_same_practice
  FOREIGN KEY (practice_id, asked_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_copy_id_same_practice
  FOREIGN KEY (practice_id, copy_id) REFERENCES billing_claimcopy(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_payercheck ADD CONSTRAINT billing_payercheck_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_foreignclaim ADD CONSTRAINT billing_foreignclaim_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_provideradjustment ADD CONSTRAINT billing_provideradjustment_check_row_id_same_practice
  FOREIGN KEY (practice_id, check_row_id) REFERENCES billing_payercheck(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_provideradjustment ADD CONSTRAINT billing_provideradjustment_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_deposit ADD CONSTRAINT billing_deposit_check_row_id_same_practice
  FOREIGN KEY (practice_id, check_row_id) REFERENCES billing_payercheck(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedentry ADD CONSTRAINT billing_handedentry_hand_over_id_same_practice
  FOREIGN KEY (practice_id, hand_over_id) REFERENCES billing_handover(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedentry ADD CONSTRAINT billing_handedentry_entry_id_same_practice
  FOREIGN KEY (practice_id, entry_id) REFERENCES billing_ledgerentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedfile ADD CONSTRAINT billing_handedfile_hand_over_id_same_practice
  FOREIGN KEY (practice_id, hand_over_id) REFERENCES billing_handover(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedfile ADD CONSTRAINT billing_handedfile_file_id_same_practice
  FOREIGN KEY (practice_id, file_id) REFERENCES billing_answerfile(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_checkedclaim ADD CONSTRAINT billing_checkedclaim_audit_id_same_practice
  FOREIGN KEY (practice_id, audit_id) REFERENCES billing_mockaudit(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_checkedclaim ADD CONSTRAINT billing_checkedclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_packetitem ADD CONSTRAINT billing_packetitem_run_id_same_practice
  FOREIGN KEY (practice_id, run_id) REFERENCES billing_packetrun(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_packetitem ADD CONSTRAINT billing_packetitem_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_payerprofile ADD CONSTRAINT billing_payerprofile_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_owncase ADD CONSTRAINT billing_owncase_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundduty ADD CONSTRAINT billing_refundduty_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundduty ADD CONSTRAINT billing_refundduty_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_duty_id_same_practice
  FOREIGN KEY (practice_id, duty_id) REFERENCES billing_refundduty(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_offset_id_same_practice
  FOREIGN KEY (practice_id, offset_id) REFERENCES billing_provideradjustment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sealdigest ADD CONSTRAINT billing_sealdigest_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sealedclaim ADD CONSTRAINT billing_sealedclaim_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sealedclaim ADD CONSTRAINT billing_sealedclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_unbillrequest ADD CONSTRAINT billing_unbillrequest_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_unbillrequest ADD CONSTRAINT billing_unbillrequest_adjustment_id_same_practice
  FOREIGN KEY (practice_id, adjustment_id) REFERENCES billing_adjustment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_duty_id_same_practice
  FOREIGN KEY (practice_id, duty_id) REFERENCES billing_refundduty(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_worknote ADD CONSTRAINT billing_worknote_item_id_same_practice
  FOREIGN KEY (practice_id, item_id) REFERENCES billing_workitem(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_takes_back_id_same_practice
  FOREIGN KEY (practice_id, takes_back_id) REFERENCES billing_writeoff(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_entry_id_same_practice
  FOREIGN KEY (practice_id, entry_id) REFERENCES billing_ledgerentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION billing_locked_state(months bigint[]) RETURNS text LANGUAGE plpgsql AS $$
-- The state of the first of these months that is prepared, sealed or sent, or null. Locks all of them for reading.
DECLARE found text := NULL; one text;
BEGIN
FOR one IN SELECT state FROM billing_monthclose WHERE id = ANY(months) ORDER BY id FOR SHARE LOOP
  IF found IS NULL AND one IN ('prepared', 'sealed', 'sent') THEN found := one; END IF;
END LOOP;
RETURN found;
END $$;
CREATE OR REPLACE FUNCTION billing_monthclose_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE row billing_monthclose%ROWTYPE;
BEGIN
IF TG_OP = 'DELETE' THEN
    IF OLD.state IN ('prepared', 'sealed', 'sent') THEN
      RAISE EXCEPTION 'billing_monthclose: a month that is prepared, sealed or sent is not deleted' USING ERRCODE = 'P0001';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state IN ('prepared', 'sealed', 'sent') THEN
      RAISE EXCEPTION 'billing_monthclose: a month begins open' USING ERRCODE = 'P0001';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state NOT IN ('prepared', 'sealed', 'sent') AND NEW.state NOT IN ('prepared', 'sealed', 'sent') THEN
    RETURN NEW;
  END IF;
  row := OLD;
  CASE OLD.state || ' to ' || NEW.state
  WHEN 'in_review to prepared' THEN
    IF NEW.prepared_at IS NULL OR NEW.prepared_by_id IS NULL THEN
      RAISE EXCEPTION 'billing_monthclose: in_review to prepared without its person and time' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.prepared_at := NEW.prepared_at;
    row.prepared_by_id := NEW.prepared_by_id;
  WHEN 'prepared to in_review' THEN
    IF NEW.prepared_at IS NOT NULL OR NEW.prepared_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'billing_monthclose: prepared to in_review without its person and time' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.prepared_at := NEW.prepared_at;
    row.prepared_by_id := NEW.prepared_by_id;
  WHEN 'prepared to sealed' THEN
    IF NEW.sealed_at IS NULL OR NEW.sealed_by_id IS NULL OR NEW.facts_at IS NULL THEN
      RAISE EXCEPTION 'billing_monthclose: prepared to sealed without its person and time' USING ERRCODE = 'P0001';
    END IF;
    IF NOT EXISTS (SELECT FROM billing_monthseal
                   WHERE close_id = NEW.id AND lifted_at IS NULL AND taken_at = NEW.facts_at)
       OR NOT EXISTS (SELECT FROM timetracking_monthlock WHERE practice_id = NEW.practice_id AND month = NEW.month) THEN
      RAISE EXCEPTION 'billing_monthclose: a sealed month has its seal and its time lock' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.sealed_at := NEW.sealed_at;
    row.sealed_by_id := NEW.sealed_by_id;
    row.facts_at := NEW.facts_at;
    row.single_person_reason := NEW.single_person_reason;
  WHEN 'sealed to in_review' THEN
    IF NEW.prepared_at IS NOT NULL OR NEW.prepared_by_id IS NOT NULL OR NEW.sealed_at IS NOT NULL OR NEW.sealed_by_id IS NOT NULL OR NEW.facts_at IS NOT NULL THEN
      RAISE EXCEPTION 'billing_monthclose: sealed to in_review without its person and time' USING ERRCODE = 'P0001';
    END IF;
    IF EXISTS (SELECT FROM billing_submission
               WHERE close_id = OLD.id AND (withdrawn_at IS NULL OR delivered_at IS NOT NULL)) THEN
      RAISE EXCEPTION 'billing_monthclose: a submission of the month is not withdrawn: not reopened'
        USING ERRCODE = 'P0001';
    END IF;
    IF NOT EXISTS (SELECT FROM billing_monthseal
                   WHERE close_id = OLD.id AND lifted_at IS NOT NULL AND taken_at = OLD.facts_at) THEN
      RAISE EXCEPTION 'billing_monthclose: the seal is lifted by a person with a reason first' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.prepared_at := NEW.prepared_at;
    row.prepared_by_id := NEW.prepared_by_id;
    row.sealed_at := NEW.sealed_at;
    row.sealed_by_id := NEW.sealed_by_id;
    row.facts_at := NEW.facts_at;
    row.single_person_reason := NEW.single_person_reason;
  WHEN 'sealed to sent' THEN
    IF NOT EXISTS (SELECT FROM billing_submission WHERE close_id = OLD.id AND delivered_at IS NOT NULL) THEN
      RAISE EXCEPTION 'billing_monthclose: no claim of this month was sent' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
  ELSE
    IF NEW.state <> OLD.state THEN
      RAISE EXCEPTION 'billing_monthclose: % never becomes %', OLD.state, NEW.state USING ERRCODE = 'P0001';
    END IF;
  END CASE;
  IF row IS DISTINCT FROM NEW THEN
    RAISE EXCEPTION 'billing_monthclose: a month that is prepared, sealed or sent keeps its values' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_monthclose_seal BEFORE INSERT OR UPDATE OR DELETE ON billing_monthclose
  FOR EACH ROW
  EXECUTE FUNCTION billing_monthclose_seal();
CREATE OR REPLACE FUNCTION billing_monthclose_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'billing_monthclose: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_monthclose_no_truncate BEFORE TRUNCATE ON billing_monthclose
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_monthclose_no_truncate();
CREATE OR REPLACE FUNCTION timetracking_monthlock_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF EXISTS (SELECT FROM billing_monthclose
             WHERE practice_id = OLD.practice_id AND month = OLD.month AND state IN ('sealed', 'sent')) THEN
    RAISE EXCEPTION 'timetracking_monthlock: the month is sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER timetracking_monthlock_seal BEFORE UPDATE OR DELETE ON timetracking_monthlock
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_monthlock_seal();
CREATE OR REPLACE FUNCTION timetracking_monthlock_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'timetracking_monthlock: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER timetracking_monthlock_no_truncate BEFORE TRUNCATE ON timetracking_monthlock
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_monthlock_no_truncate();
CREATE OR REPLACE FUNCTION billing_monthseal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_monthseal%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_monthseal is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.lifted_at IS NOT NULL AND NEW.lifted_at IS DISTINCT FROM OLD.lifted_at THEN
    RAISE EXCEPTION 'billing_monthseal.lifted_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.lifted_by_id IS NOT NULL AND NEW.lifted_by_id IS DISTINCT FROM OLD.lifted_by_id THEN
    RAISE EXCEPTION 'billing_monthseal.lifted_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.lift_reason IS NOT NULL AND NEW.lift_reason IS DISTINCT FROM OLD.lift_reason THEN
    RAISE EXCEPTION 'billing_monthseal.lift_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.lifted_at := OLD.lifted_at;
  NEW_ROW.lifted_by_id := OLD.lifted_by_id;
  NEW_ROW.lift_reason := OLD.lift_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_monthseal is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_monthseal_append_only BEFORE UPDATE OR DELETE ON billing_monthseal
  FOR EACH ROW
  EXECUTE FUNCTION billing_monthseal_append_only();
CREATE TRIGGER billing_monthseal_no_truncate BEFORE TRUNCATE ON billing_monthseal
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_monthseal_append_only();
CREATE OR REPLACE FUNCTION billing_deviceanchor_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_deviceanchor%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_deviceanchor is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_deviceanchor is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_deviceanchor_append_only BEFORE UPDATE OR DELETE ON billing_deviceanchor
  FOR EACH ROW
  EXECUTE FUNCTION billing_deviceanchor_append_only();
CREATE TRIGGER billing_deviceanchor_no_truncate BEFORE TRUNCATE ON billing_deviceanchor
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_deviceanchor_append_only();
CREATE OR REPLACE FUNCTION billing_closechunk_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state(ARRAY[OLD.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_closechunk: the month is prepared, sealed or sent, and its rows stay' USING ERRCODE = 'P0001';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.close_id <> OLD.close_id AND billing_locked_state(ARRAY[NEW.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_closechunk: no row is moved to a month that is prepared, sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_closechunk_seal BEFORE UPDATE OR DELETE ON billing_closechunk
  FOR EACH ROW
  EXECUTE FUNCTION billing_closechunk_seal();
CREATE OR REPLACE FUNCTION billing_closechunk_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_closechunk: the month is prepared, sealed or sent, and gets no new rows' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_closechunk_seal_insert AFTER INSERT ON billing_closechunk
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_closechunk_seal_insert();
CREATE OR REPLACE FUNCTION billing_closechunk_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'billing_closechunk: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_closechunk_no_truncate BEFORE TRUNCATE ON billing_closechunk
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_closechunk_no_truncate();
CREATE OR REPLACE FUNCTION billing_attestation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_attestation%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_attestation is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_attestation is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_attestation_append_only BEFORE UPDATE OR DELETE ON billing_attestation
  FOR EACH ROW
  EXECUTE FUNCTION billing_attestation_append_only();
CREATE TRIGGER billing_attestation_no_truncate BEFORE TRUNCATE ON billing_attestation
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_attestation_append_only();
CREATE OR REPLACE FUNCTION billing_attestation_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_attestation: the month is prepared, sealed or sent, and gets no new rows' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_attestation_seal_insert AFTER INSERT ON billing_attestation
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_attestation_seal_insert();
CREATE OR REPLACE FUNCTION billing_claim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claim_append_only BEFORE UPDATE OR DELETE ON billing_claim
  FOR EACH ROW
  EXECUTE FUNCTION billing_claim_append_only();
CREATE TRIGGER billing_claim_no_truncate BEFORE TRUNCATE ON billing_claim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claim_append_only();
CREATE OR REPLACE FUNCTION billing_claim_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) = 'prepared' THEN
    RAISE EXCEPTION 'billing_claim: the month is prepared, and gets no new claims' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_claim_seal_insert AFTER INSERT ON billing_claim
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claim_seal_insert();
CREATE OR REPLACE FUNCTION billing_claimline_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
NEW.ended_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_ended BEFORE UPDATE OF state ON billing_claimline
  FOR EACH ROW
  WHEN (OLD.state NOT IN ('dropped', 'void', 'reversed') AND NEW.state IN ('dropped', 'void', 'reversed'))
  EXECUTE FUNCTION billing_claimline_ended();
CREATE OR REPLACE FUNCTION billing_claimline_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state_now text; row billing_claimline%ROWTYPE;
BEGIN
state_now := billing_locked_state(ARRAY[OLD.close_id]);
  IF TG_OP = 'DELETE' THEN
    IF state_now IS NOT NULL THEN
      RAISE EXCEPTION 'billing_claimline: lines of a locked month are not deleted' USING ERRCODE = 'P0001';
    END IF;
    RETURN OLD;
  END IF;
  row := NEW;
  row.state := OLD.state;
  IF NEW.state <> OLD.state THEN
    row.ended_at := OLD.ended_at;
  END IF;
  IF row IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimline: the values of a line are written once' USING ERRCODE = 'P0001';
  END IF;
  IF state_now IS NULL OR NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF state_now = 'prepared' OR OLD.state <> 'approved' OR NEW.state <> 'reversed'
     OR NOT EXISTS (SELECT FROM billing_adjustment a WHERE a.close_id = OLD.close_id AND a.claim_id = OLD.claim_id
                    AND a.taken_back @> jsonb_build_array(jsonb_build_object('line', OLD.public_id))) THEN
    RAISE EXCEPTION 'billing_claimline: a line of a locked month is only reversed, by an adjustment that names it'
      USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_seal BEFORE UPDATE OR DELETE ON billing_claimline
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimline_seal();
CREATE OR REPLACE FUNCTION billing_claimline_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state_now text;
BEGIN
IF EXISTS (SELECT FROM new_rows n LEFT JOIN billing_claim c ON c.id = n.claim_id
             WHERE c.close_id IS DISTINCT FROM n.close_id) THEN
    RAISE EXCEPTION 'billing_claimline: a line and its claim belong to the same month' USING ERRCODE = 'P0001';
  END IF;
  state_now := billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows));
  IF state_now IS NULL THEN
    RETURN NULL;
  END IF;
  IF EXISTS (
    SELECT FROM new_rows n JOIN billing_monthclose m ON m.id = n.close_id
    LEFT JOIN billing_adjustment a ON a.id = n.adjustment_id AND a.close_id = n.close_id AND a.claim_id = n.claim_id
      AND a.put_in @> jsonb_build_array(jsonb_build_object('line', n.public_id))
    WHERE m.state = 'prepared' OR m.state IN ('sealed', 'sent') AND (a.id IS NULL OR n.state <> 'approved')) THEN
    RAISE EXCEPTION 'billing_claimline: a locked month gets lines only by an adjustment that names them'
      USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_claimline_seal_insert AFTER INSERT ON billing_claimline
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimline_seal_insert();
CREATE OR REPLACE FUNCTION billing_claimline_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'billing_claimline: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_claimline_no_truncate BEFORE TRUNCATE ON billing_claimline
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimline_no_truncate();
CREATE OR REPLACE FUNCTION billing_linereview_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_linereview%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_linereview is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_linereview is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_linereview_append_only BEFORE UPDATE OR DELETE ON billing_linereview
  FOR EACH ROW
  EXECUTE FUNCTION billing_linereview_append_only();
CREATE TRIGGER billing_linereview_no_truncate BEFORE TRUNCATE ON billing_linereview
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_linereview_append_only();
CREATE OR REPLACE FUNCTION billing_submission_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_submission%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_submission is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.downloaded_at IS NOT NULL AND NEW.downloaded_at IS DISTINCT FROM OLD.downloaded_at THEN
    RAISE EXCEPTION 'billing_submission.downloaded_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at THEN
    RAISE EXCEPTION 'billing_submission.delivered_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
    RAISE EXCEPTION 'billing_submission.withdrawn_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.downloaded_at := OLD.downloaded_at;
  NEW_ROW.delivered_at := OLD.delivered_at;
  NEW_ROW.withdrawn_at := OLD.withdrawn_at;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_submission is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_submission_append_only BEFORE UPDATE OR DELETE ON billing_submission
  FOR EACH ROW
  EXECUTE FUNCTION billing_submission_append_only();
CREATE TRIGGER billing_submission_no_truncate BEFORE TRUNCATE ON billing_submission
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_submission_append_only();
CREATE OR REPLACE FUNCTION billing_submissionevent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_submissionevent%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_submissionevent is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_submissionevent is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_submissionevent_append_only BEFORE UPDATE OR DELETE ON billing_submissionevent
  FOR EACH ROW
  EXECUTE FUNCTION billing_submissionevent_append_only();
CREATE TRIGGER billing_submissionevent_no_truncate BEFORE TRUNCATE ON billing_submissionevent
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_submissionevent_append_only();
CREATE OR REPLACE FUNCTION billing_adjustment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_adjustment%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_adjustment is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_adjustment is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_adjustment_append_only BEFORE UPDATE OR DELETE ON billing_adjustment
  FOR EACH ROW
  EXECUTE FUNCTION billing_adjustment_append_only();
CREATE TRIGGER billing_adjustment_no_truncate BEFORE TRUNCATE ON billing_adjustment
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_adjustment_append_only();
CREATE OR REPLACE FUNCTION billing_claimversion_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claimversion%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claimversion is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.content := OLD.content;
  NEW_ROW.state := OLD.state;
  NEW_ROW.open_lines := OLD.open_lines;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimversion is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimversion_append_only BEFORE UPDATE OR DELETE ON billing_claimversion
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimversion_append_only();
CREATE TRIGGER billing_claimversion_no_truncate BEFORE TRUNCATE ON billing_claimversion
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimversion_append_only();
CREATE OR REPLACE FUNCTION billing_claimcopy_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claimcopy%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claimcopy is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimcopy is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimcopy_append_only BEFORE UPDATE OR DELETE ON billing_claimcopy
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimcopy_append_only();
CREATE TRIGGER billing_claimcopy_no_truncate BEFORE TRUNCATE ON billing_claimcopy
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimcopy_append_only();
CREATE OR REPLACE FUNCTION billing_copiedclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_copiedclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_copiedclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_copiedclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_copiedclaim_append_only BEFORE UPDATE OR DELETE ON billing_copiedclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_copiedclaim_append_only();
CREATE TRIGGER billing_copiedclaim_no_truncate BEFORE TRUNCATE ON billing_copiedclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_copiedclaim_append_only();
CREATE OR REPLACE FUNCTION billing_answerfile_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_answerfile%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_answerfile is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_answerfile is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_answerfile_append_only BEFORE UPDATE OR DELETE ON billing_answerfile
  FOR EACH ROW
  EXECUTE FUNCTION billing_answerfile_append_only();
CREATE TRIGGER billing_answerfile_no_truncate BEFORE TRUNCATE ON billing_answerfile
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_answerfile_append_only();
CREATE OR REPLACE FUNCTION billing_answertransaction_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_answertransaction%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_answertransaction is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.posted_at IS NOT NULL AND NEW.posted_at IS DISTINCT FROM OLD.posted_at THEN
    RAISE EXCEPTION 'billing_answertransaction.posted_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.posted_by_id IS NOT NULL AND NEW.posted_by_id IS DISTINCT FROM OLD.posted_by_id THEN
    RAISE EXCEPTION 'billing_answertransaction.posted_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.post_reason IS NOT NULL AND NEW.post_reason IS DISTINCT FROM OLD.post_reason THEN
    RAISE EXCEPTION 'billing_answertransaction.post_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.posted_at := OLD.posted_at;
  NEW_ROW.posted_by_id := OLD.posted_by_id;
  NEW_ROW.post_reason := OLD.post_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_answertransaction is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_answertransaction_append_only BEFORE UPDATE OR DELETE ON billing_answertransaction
  FOR EACH ROW
  EXECUTE FUNCTION billing_answertransaction_append_only();
CREATE TRIGGER billing_answertransaction_no_truncate BEFORE TRUNCATE ON billing_answertransaction
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_answertransaction_append_only();
CREATE OR REPLACE FUNCTION billing_answer_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_answer%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_answer is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_answer is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_answer_append_only BEFORE UPDATE OR DELETE ON billing_answer
  FOR EACH ROW
  EXECUTE FUNCTION billing_answer_append_only();
CREATE TRIGGER billing_answer_no_truncate BEFORE TRUNCATE ON billing_answer
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_answer_append_only();
CREATE OR REPLACE FUNCTION billing_appeal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_appeal%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_appeal is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.filed_on IS NOT NULL AND NEW.filed_on IS DISTINCT FROM OLD.filed_on THEN
    RAISE EXCEPTION 'billing_appeal.filed_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.filed_how IS NOT NULL AND NEW.filed_how IS DISTINCT FROM OLD.filed_how THEN
    RAISE EXCEPTION 'billing_appeal.filed_how is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.reference IS NOT NULL AND NEW.reference IS DISTINCT FROM OLD.reference THEN
    RAISE EXCEPTION 'billing_appeal.reference is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.filed_by_id IS NOT NULL AND NEW.filed_by_id IS DISTINCT FROM OLD.filed_by_id THEN
    RAISE EXCEPTION 'billing_appeal.filed_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'billing_appeal.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_on IS NOT NULL AND NEW.decided_on IS DISTINCT FROM OLD.decided_on THEN
    RAISE EXCEPTION 'billing_appeal.decided_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'billing_appeal.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'billing_appeal.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.end_note IS NOT NULL AND NEW.end_note IS DISTINCT FROM OLD.end_note THEN
    RAISE EXCEPTION 'billing_appeal.end_note is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.filed_on := OLD.filed_on;
  NEW_ROW.filed_how := OLD.filed_how;
  NEW_ROW.reference := OLD.reference;
  NEW_ROW.filed_by_id := OLD.filed_by_id;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.decided_on := OLD.decided_on;
  NEW_ROW.ended_at := OLD.ended_at;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.end_note := OLD.end_note;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_appeal is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_appeal_append_only BEFORE UPDATE OR DELETE ON billing_appeal
  FOR EACH ROW
  EXECUTE FUNCTION billing_appeal_append_only();
CREATE TRIGGER billing_appeal_no_truncate BEFORE TRUNCATE ON billing_appeal
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_appeal_append_only();
CREATE OR REPLACE FUNCTION billing_claimcorrection_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claimcorrection%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claimcorrection is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.asked_on IS NOT NULL AND NEW.asked_on IS DISTINCT FROM OLD.asked_on THEN
    RAISE EXCEPTION 'billing_claimcorrection.asked_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.asked_how IS NOT NULL AND NEW.asked_how IS DISTINCT FROM OLD.asked_how THEN
    RAISE EXCEPTION 'billing_claimcorrection.asked_how is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.reference IS NOT NULL AND NEW.reference IS DISTINCT FROM OLD.reference THEN
    RAISE EXCEPTION 'billing_claimcorrection.reference is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.asked_by_id IS NOT NULL AND NEW.asked_by_id IS DISTINCT FROM OLD.asked_by_id THEN
    RAISE EXCEPTION 'billing_claimcorrection.asked_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'billing_claimcorrection.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.answer_id IS NOT NULL AND NEW.answer_id IS DISTINCT FROM OLD.answer_id THEN
    RAISE EXCEPTION 'billing_claimcorrection.answer_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'billing_claimcorrection.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'billing_claimcorrection.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.end_note IS NOT NULL AND NEW.end_note IS DISTINCT FROM OLD.end_note THEN
    RAISE EXCEPTION 'billing_claimcorrection.end_note is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.asked_on := OLD.asked_on;
  NEW_ROW.asked_how := OLD.asked_how;
  NEW_ROW.reference := OLD.reference;
  NEW_ROW.asked_by_id := OLD.asked_by_id;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.answer_id := OLD.answer_id;
  NEW_ROW.ended_at := OLD.ended_at;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.end_note := OLD.end_note;
  NEW_ROW.content := OLD.content;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimcorrection is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimcorrection_append_only BEFORE UPDATE OR DELETE ON billing_claimcorrection
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimcorrection_append_only();
CREATE TRIGGER billing_claimcorrection_no_truncate BEFORE TRUNCATE ON billing_claimcorrection
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimcorrection_append_only();
CREATE OR REPLACE FUNCTION billing_keptdecision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_keptdecision%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_keptdecision is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.replaced_in IS NOT NULL AND NEW.replaced_in IS DISTINCT FROM OLD.replaced_in THEN
    RAISE EXCEPTION 'billing_keptdecision.replaced_in is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.replaced_in := OLD.replaced_in;
  NEW_ROW.facts_change_count := OLD.facts_change_count;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_keptdecision is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_keptdecision_append_only BEFORE UPDATE OR DELETE ON billing_keptdecision
  FOR EACH ROW
  EXECUTE FUNCTION billing_keptdecision_append_only();
CREATE TRIGGER billing_keptdecision_no_truncate BEFORE TRUNCATE ON billing_keptdecision
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_keptdecision_append_only();
CREATE OR REPLACE FUNCTION billing_keptdecision_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state(ARRAY[OLD.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_keptdecision: the month is prepared, sealed or sent, and its rows stay' USING ERRCODE = 'P0001';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.close_id <> OLD.close_id AND billing_locked_state(ARRAY[NEW.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_keptdecision: no row is moved to a month that is prepared, sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_keptdecision_seal BEFORE UPDATE OF replaced_in, close_id ON billing_keptdecision
  FOR EACH ROW
  EXECUTE FUNCTION billing_keptdecision_seal();
ALTER TABLE billing_keptdecision SET (toast_tuple_target = 8160);
CREATE VIEW billing_codeverdict AS

SELECT d.id * 64 + v.place AS id, d.practice_id, d.close_id, d.id AS decision_id, v.code, v.component, v.outcome,
       v.reason_places::smallint[] AS reason_places
FROM billing_keptdecision d
CROSS JOIN LATERAL unnest(d.codes, d.components, d.outcomes, d.reason_places)
  WITH ORDINALITY AS v(code, component, outcome, reason_places, place);
CREATE OR REPLACE FUNCTION billing_denialstep_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_denialstep%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_denialstep is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_denialstep is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_denialstep_append_only BEFORE UPDATE OR DELETE ON billing_denialstep
  FOR EACH ROW
  EXECUTE FUNCTION billing_denialstep_append_only();
CREATE TRIGGER billing_denialstep_no_truncate BEFORE TRUNCATE ON billing_denialstep
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_denialstep_append_only();
CREATE OR REPLACE FUNCTION billing_feefile_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_feefile%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_feefile is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.loaded_by_id IS NOT NULL AND NEW.loaded_by_id IS DISTINCT FROM OLD.loaded_by_id THEN
    RAISE EXCEPTION 'billing_feefile.loaded_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.loaded_at IS NOT NULL AND NEW.loaded_at IS DISTINCT FROM OLD.loaded_at THEN
    RAISE EXCEPTION 'billing_feefile.loaded_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.loaded_by_id := OLD.loaded_by_id;
  NEW_ROW.loaded_at := OLD.loaded_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_feefile is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_feefile_append_only BEFORE UPDATE OR DELETE ON billing_feefile
  FOR EACH ROW
  EXECUTE FUNCTION billing_feefile_append_only();
CREATE TRIGGER billing_feefile_no_truncate BEFORE TRUNCATE ON billing_feefile
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_feefile_append_only();
CREATE OR REPLACE FUNCTION billing_exportrun_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_exportrun%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_exportrun is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
    RAISE EXCEPTION 'billing_exportrun.done_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.submission_id IS NOT NULL AND NEW.submission_id IS DISTINCT FROM OLD.submission_id THEN
    RAISE EXCEPTION 'billing_exportrun.submission_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.copy_id IS NOT NULL AND NEW.copy_id IS DISTINCT FROM OLD.copy_id THEN
    RAISE EXCEPTION 'billing_exportrun.copy_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.submission_id := OLD.submission_id;
  NEW_ROW.copy_id := OLD.copy_id;
  NEW_ROW.signaled_at := OLD.signaled_at;
  NEW_ROW.message := OLD.message;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_exportrun is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_exportrun_append_only BEFORE UPDATE OR DELETE ON billing_exportrun
  FOR EACH ROW
  EXECUTE FUNCTION billing_exportrun_append_only();
CREATE TRIGGER billing_exportrun_no_truncate BEFORE TRUNCATE ON billing_exportrun
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_exportrun_append_only();
CREATE OR REPLACE FUNCTION billing_ledgerentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_ledgerentry%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_ledgerentry is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_ledgerentry is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_ledgerentry_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
  FOR EACH ROW
  EXECUTE FUNCTION billing_ledgerentry_append_only();
CREATE TRIGGER billing_ledgerentry_no_truncate BEFORE TRUNCATE ON billing_ledgerentry
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_ledgerentry_append_only();
CREATE OR REPLACE FUNCTION billing_payercheck_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_payercheck%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_payercheck is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_payercheck is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_payercheck_append_only BEFORE UPDATE OR DELETE ON billing_payercheck
  FOR EACH ROW
  EXECUTE FUNCTION billing_payercheck_append_only();
CREATE TRIGGER billing_payercheck_no_truncate BEFORE TRUNCATE ON billing_payercheck
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_payercheck_append_only();
CREATE OR REPLACE FUNCTION billing_foreignclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_foreignclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_foreignclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_foreignclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_foreignclaim_append_only BEFORE UPDATE OR DELETE ON billing_foreignclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_foreignclaim_append_only();
CREATE TRIGGER billing_foreignclaim_no_truncate BEFORE TRUNCATE ON billing_foreignclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_foreignclaim_append_only();
CREATE OR REPLACE FUNCTION billing_provideradjustment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_provideradjustment%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_provideradjustment is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_provideradjustment is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_provideradjustment_append_only BEFORE UPDATE OR DELETE ON billing_provideradjustment
  FOR EACH ROW
  EXECUTE FUNCTION billing_provideradjustment_append_only();
CREATE TRIGGER billing_provideradjustment_no_truncate BEFORE TRUNCATE ON billing_provideradjustment
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_provideradjustment_append_only();
CREATE OR REPLACE FUNCTION billing_deposit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_deposit%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_deposit is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.check_row_id IS NOT NULL AND NEW.check_row_id IS DISTINCT FROM OLD.check_row_id THEN
    RAISE EXCEPTION 'billing_deposit.check_row_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.matched_at IS NOT NULL AND NEW.matched_at IS DISTINCT FROM OLD.matched_at THEN
    RAISE EXCEPTION 'billing_deposit.matched_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.matched_by_id IS NOT NULL AND NEW.matched_by_id IS DISTINCT FROM OLD.matched_by_id THEN
    RAISE EXCEPTION 'billing_deposit.matched_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.check_row_id := OLD.check_row_id;
  NEW_ROW.matched_at := OLD.matched_at;
  NEW_ROW.matched_by_id := OLD.matched_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_deposit is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_deposit_append_only BEFORE UPDATE OR DELETE ON billing_deposit
  FOR EACH ROW
  EXECUTE FUNCTION billing_deposit_append_only();
CREATE TRIGGER billing_deposit_no_truncate BEFORE TRUNCATE ON billing_deposit
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_deposit_append_only();
CREATE OR REPLACE FUNCTION billing_handover_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_handover%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_handover is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.taken_at IS NOT NULL AND NEW.taken_at IS DISTINCT FROM OLD.taken_at THEN
    RAISE EXCEPTION 'billing_handover.taken_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.taken_by_id IS NOT NULL AND NEW.taken_by_id IS DISTINCT FROM OLD.taken_by_id THEN
    RAISE EXCEPTION 'billing_handover.taken_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.proof IS NOT NULL AND NEW.proof IS DISTINCT FROM OLD.proof THEN
    RAISE EXCEPTION 'billing_handover.proof is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.taken_at := OLD.taken_at;
  NEW_ROW.taken_by_id := OLD.taken_by_id;
  NEW_ROW.proof := OLD.proof;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_handover is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_handover_append_only BEFORE UPDATE OR DELETE ON billing_handover
  FOR EACH ROW
  EXECUTE FUNCTION billing_handover_append_only();
CREATE TRIGGER billing_handover_no_truncate BEFORE TRUNCATE ON billing_handover
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_handover_append_only();
CREATE OR REPLACE FUNCTION billing_handedentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_handedentry%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_handedentry is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_handedentry is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_handedentry_append_only BEFORE UPDATE OR DELETE ON billing_handedentry
  FOR EACH ROW
  EXECUTE FUNCTION billing_handedentry_append_only();
CREATE TRIGGER billing_handedentry_no_truncate BEFORE TRUNCATE ON billing_handedentry
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_handedentry_append_only();
CREATE OR REPLACE FUNCTION billing_handedfile_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_handedfile%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_handedfile is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_handedfile is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_handedfile_append_only BEFORE UPDATE OR DELETE ON billing_handedfile
  FOR EACH ROW
  EXECUTE FUNCTION billing_handedfile_append_only();
CREATE TRIGGER billing_handedfile_no_truncate BEFORE TRUNCATE ON billing_handedfile
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_handedfile_append_only();
CREATE OR REPLACE FUNCTION billing_holdrule_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_holdrule%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_holdrule is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.ends_on IS NOT NULL AND NEW.ends_on IS DISTINCT FROM OLD.ends_on THEN
    RAISE EXCEPTION 'billing_holdrule.ends_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'billing_holdrule.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_holdrule.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_holdrule.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'billing_holdrule.decision is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.ends_on := OLD.ends_on;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.decision := OLD.decision;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_holdrule is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_holdrule_append_only BEFORE UPDATE OR DELETE ON billing_holdrule
  FOR EACH ROW
  EXECUTE FUNCTION billing_holdrule_append_only();
CREATE TRIGGER billing_holdrule_no_truncate BEFORE TRUNCATE ON billing_holdrule
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_holdrule_append_only();
CREATE OR REPLACE FUNCTION billing_mockaudit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_mockaudit%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_mockaudit is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
    RAISE EXCEPTION 'billing_mockaudit.closed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.closed_by_id IS NOT NULL AND NEW.closed_by_id IS DISTINCT FROM OLD.closed_by_id THEN
    RAISE EXCEPTION 'billing_mockaudit.closed_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.closed_at := OLD.closed_at;
  NEW_ROW.closed_by_id := OLD.closed_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_mockaudit is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_mockaudit_append_only BEFORE UPDATE OR DELETE ON billing_mockaudit
  FOR EACH ROW
  EXECUTE FUNCTION billing_mockaudit_append_only();
CREATE TRIGGER billing_mockaudit_no_truncate BEFORE TRUNCATE ON billing_mockaudit
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_mockaudit_append_only();
CREATE OR REPLACE FUNCTION billing_checkedclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_checkedclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_checkedclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.conclusion IS NOT NULL AND NEW.conclusion IS DISTINCT FROM OLD.conclusion THEN
    RAISE EXCEPTION 'billing_checkedclaim.conclusion is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.note IS NOT NULL AND NEW.note IS DISTINCT FROM OLD.note THEN
    RAISE EXCEPTION 'billing_checkedclaim.note is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.concluded_at IS NOT NULL AND NEW.concluded_at IS DISTINCT FROM OLD.concluded_at THEN
    RAISE EXCEPTION 'billing_checkedclaim.concluded_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.concluded_by_id IS NOT NULL AND NEW.concluded_by_id IS DISTINCT FROM OLD.concluded_by_id THEN
    RAISE EXCEPTION 'billing_checkedclaim.concluded_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.conclusion := OLD.conclusion;
  NEW_ROW.note := OLD.note;
  NEW_ROW.concluded_at := OLD.concluded_at;
  NEW_ROW.concluded_by_id := OLD.concluded_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_checkedclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_checkedclaim_append_only BEFORE UPDATE OR DELETE ON billing_checkedclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_checkedclaim_append_only();
CREATE TRIGGER billing_checkedclaim_no_truncate BEFORE TRUNCATE ON billing_checkedclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_checkedclaim_append_only();
CREATE OR REPLACE FUNCTION billing_lineoverride_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_lineoverride%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_lineoverride is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_lineoverride.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_lineoverride.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'billing_lineoverride.decision is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.why IS NOT NULL AND NEW.why IS DISTINCT FROM OLD.why THEN
    RAISE EXCEPTION 'billing_lineoverride.why is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.line_id IS NOT NULL AND NEW.line_id IS DISTINCT FROM OLD.line_id THEN
    RAISE EXCEPTION 'billing_lineoverride.line_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.decision := OLD.decision;
  NEW_ROW.why := OLD.why;
  NEW_ROW.line_id := OLD.line_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_lineoverride is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_lineoverride_append_only BEFORE UPDATE OR DELETE ON billing_lineoverride
  FOR EACH ROW
  EXECUTE FUNCTION billing_lineoverride_append_only();
CREATE TRIGGER billing_lineoverride_no_truncate BEFORE TRUNCATE ON billing_lineoverride
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_lineoverride_append_only();
CREATE OR REPLACE FUNCTION billing_owncase_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_owncase%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_owncase is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.withdrawn_by_id IS NOT NULL AND NEW.withdrawn_by_id IS DISTINCT FROM OLD.withdrawn_by_id THEN
    RAISE EXCEPTION 'billing_owncase.withdrawn_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
    RAISE EXCEPTION 'billing_owncase.withdrawn_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.withdrawn_by_id := OLD.withdrawn_by_id;
  NEW_ROW.withdrawn_at := OLD.withdrawn_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_owncase is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_owncase_append_only BEFORE UPDATE OR DELETE ON billing_owncase
  FOR EACH ROW
  EXECUTE FUNCTION billing_owncase_append_only();
CREATE TRIGGER billing_owncase_no_truncate BEFORE TRUNCATE ON billing_owncase
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_owncase_append_only();
CREATE OR REPLACE FUNCTION billing_refundduty_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_refundduty%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_refundduty is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.investigated_from IS NOT NULL AND NEW.investigated_from IS DISTINCT FROM OLD.investigated_from THEN
    RAISE EXCEPTION 'billing_refundduty.investigated_from is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.investigation_reason IS NOT NULL AND NEW.investigation_reason IS DISTINCT FROM OLD.investigation_reason THEN
    RAISE EXCEPTION 'billing_refundduty.investigation_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.investigated_until IS NOT NULL AND NEW.investigated_until IS DISTINCT FROM OLD.investigated_until THEN
    RAISE EXCEPTION 'billing_refundduty.investigated_until is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'billing_refundduty.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.investigated_from := OLD.investigated_from;
  NEW_ROW.investigation_reason := OLD.investigation_reason;
  NEW_ROW.investigated_until := OLD.investigated_until;
  NEW_ROW.ended_at := OLD.ended_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_refundduty is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_refundduty_append_only BEFORE UPDATE OR DELETE ON billing_refundduty
  FOR EACH ROW
  EXECUTE FUNCTION billing_refundduty_append_only();
CREATE TRIGGER billing_refundduty_no_truncate BEFORE TRUNCATE ON billing_refundduty
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_refundduty_append_only();
CREATE OR REPLACE FUNCTION billing_refundproof_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_refundproof%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_refundproof is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_refundproof is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_refundproof_append_only BEFORE UPDATE OR DELETE ON billing_refundproof
  FOR EACH ROW
  EXECUTE FUNCTION billing_refundproof_append_only();
CREATE TRIGGER billing_refundproof_no_truncate BEFORE TRUNCATE ON billing_refundproof
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_refundproof_append_only();
CREATE OR REPLACE FUNCTION billing_ruleyearfile_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'the file of a rule year is never changed; load another' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_ruleyearfile_content BEFORE UPDATE ON billing_ruleyearfile
  FOR EACH ROW
  WHEN ((OLD.practice_id, OLD.year, OLD.content, OLD.digest) IS DISTINCT FROM (NEW.practice_id, NEW.year, NEW.content, NEW.digest))
  EXECUTE FUNCTION billing_ruleyearfile_content();
CREATE OR REPLACE FUNCTION billing_sealdigest_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_sealdigest%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_sealdigest is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_sealdigest is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_sealdigest_append_only BEFORE UPDATE OR DELETE ON billing_sealdigest
  FOR EACH ROW
  EXECUTE FUNCTION billing_sealdigest_append_only();
CREATE TRIGGER billing_sealdigest_no_truncate BEFORE TRUNCATE ON billing_sealdigest
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_sealdigest_append_only();
CREATE OR REPLACE FUNCTION billing_sealedclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_sealedclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_sealedclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_sealedclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_sealedclaim_append_only BEFORE UPDATE OR DELETE ON billing_sealedclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_sealedclaim_append_only();
CREATE TRIGGER billing_sealedclaim_no_truncate BEFORE TRUNCATE ON billing_sealedclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_sealedclaim_append_only();
CREATE OR REPLACE FUNCTION billing_unbillrequest_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_unbillrequest%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_unbillrequest is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_unbillrequest.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_unbillrequest.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'billing_unbillrequest.decision is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.why IS NOT NULL AND NEW.why IS DISTINCT FROM OLD.why THEN
    RAISE EXCEPTION 'billing_unbillrequest.why is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.adjustment_id IS NOT NULL AND NEW.adjustment_id IS DISTINCT FROM OLD.adjustment_id THEN
    RAISE EXCEPTION 'billing_unbillrequest.adjustment_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.decision := OLD.decision;
  NEW_ROW.why := OLD.why;
  NEW_ROW.adjustment_id := OLD.adjustment_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_unbillrequest is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_unbillrequest_append_only BEFORE UPDATE OR DELETE ON billing_unbillrequest
  FOR EACH ROW
  EXECUTE FUNCTION billing_unbillrequest_append_only();
CREATE TRIGGER billing_unbillrequest_no_truncate BEFORE TRUNCATE ON billing_unbillrequest
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_unbillrequest_append_only();
CREATE OR REPLACE FUNCTION billing_worknote_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_worknote%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_worknote is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_worknote is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_worknote_append_only BEFORE UPDATE OR DELETE ON billing_worknote
  FOR EACH ROW
  EXECUTE FUNCTION billing_worknote_append_only();
CREATE TRIGGER billing_worknote_no_truncate BEFORE TRUNCATE ON billing_worknote
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_worknote_append_only();
CREATE OR REPLACE FUNCTION billing_writeoff_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_writeoff%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_writeoff is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_writeoff.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_writeoff.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'billing_writeoff.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id THEN
    RAISE EXCEPTION 'billing_writeoff.entry_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.entry_id := OLD.entry_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_writeoff is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_writeoff_append_only BEFORE UPDATE OR DELETE ON billing_writeoff
  FOR EACH ROW
  EXECUTE FUNCTION billing_writeoff_append_only();
CREATE TRIGGER billing_writeoff_no_truncate BEFORE TRUNCATE ON billing_writeoff
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_writeoff_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("billing", "0001_initial"),
        ("timetracking", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
