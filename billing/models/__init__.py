"""Payers' policies and rates; months and verdicts; claims and lines."""

from billing.models.answers import Answer, AnswerFile, AnswerTransaction, PostingVerdict
from billing.models.appeals import Appeal, AppealOutcome
from billing.models.billing_profiles import BillingProfile, ClearinghouseChannel, FormMargins, ProviderTaxonomy
from billing.models.claim_corrections import ClaimCorrection, CorrectionOutcome, CorrectionWay
from billing.models.claim_states import (
    ADJUDICATED,
    DENIED_STATES,
    NEVER_ADJUDICATED,
    REJECTED_STATES,
    ClaimState,
    Level,
)
from billing.models.claim_versions import ClaimCopy, ClaimVersion, CopiedClaim, VersionKind
from billing.models.decisions import CodeVerdict, KeptDecision
from billing.models.denials import DenialStep, Step
from billing.models.drafts import DraftState, PolicyDraft
from billing.models.export_runs import ExportRun
from billing.models.hand_overs import HandedEntry, HandedFile, HandOver
from billing.models.hold_rules import HoldEffect, HoldField, HoldOperator, HoldRule
from billing.models.ledger import (
    Deposit,
    EntryKind,
    ForeignClaim,
    LedgerEntry,
    LineBalance,
    PayerCheck,
    ProviderAdjustment,
)
from billing.models.lines import NOT_IN_FORCE_STATES, Claim, ClaimLine, LineReview, LineState
from billing.models.mock_audits import AuditConclusion, CheckedClaim, MockAudit
from billing.models.months import (
    CLOSED_STATES,
    LOCKED_STATES,
    Attestation,
    ChunkState,
    CloseChunk,
    CloseState,
    DeviceAnchor,
    MonthClose,
    MonthSeal,
)
from billing.models.overrides import LineOverride
from billing.models.packets import PacketItem, PacketRun
from billing.models.payer_profiles import Correction, OwnCase, PayerProfile
from billing.models.policies import STRICTEST, FactorClass, FeeBasis, FeeFile, PayerPolicy, Rate
from billing.models.refunds import ProofKind, RefundDuty, RefundProof, RefundSource
from billing.models.rule_years import RuleYearFile, YearState
from billing.models.seals import SealDigest, SealedClaim
from billing.models.submissions import (
    SUBMITTED_FORMATS,
    Adjustment,
    Charge,
    EventKind,
    ExportFormat,
    PlaceOfService,
    Submission,
    SubmissionEvent,
    SubmissionForm,
    content_digest,
)
from billing.models.unbilled import UnbillReason, UnbillRequest
from billing.models.work_items import Queue, WorkItem, WorkNote
from billing.models.write_offs import MoneyPolicy, WriteOff, WriteOffOutcome, WriteOffReason

__all__ = [
    "ADJUDICATED",
    "CLOSED_STATES",
    "DENIED_STATES",
    "LOCKED_STATES",
    "NEVER_ADJUDICATED",
    "NOT_IN_FORCE_STATES",
    "REJECTED_STATES",
    "STRICTEST",
    "SUBMITTED_FORMATS",
    "Adjustment",
    "Answer",
    "AnswerFile",
    "AnswerTransaction",
    "Appeal",
    "AppealOutcome",
    "Attestation",
    "AuditConclusion",
    "BillingProfile",
    "Charge",
    "CheckedClaim",
    "ChunkState",
    "Claim",
    "ClaimCopy",
    "ClaimCorrection",
    "ClaimLine",
    "ClaimState",
    "ClaimVersion",
    "ClearinghouseChannel",
    "CloseChunk",
    "CloseState",
    "CodeVerdict",
    "CopiedClaim",
    "Correction",
    "CorrectionOutcome",
    "CorrectionWay",
    "DenialStep",
    "Deposit",
    "DeviceAnchor",
    "DraftState",
    "EntryKind",
    "EventKind",
    "ExportFormat",
    "ExportRun",
    "FactorClass",
    "FeeBasis",
    "FeeFile",
    "ForeignClaim",
    "FormMargins",
    "HandOver",
    "HandedEntry",
    "HandedFile",
    "HoldEffect",
    "HoldField",
    "HoldOperator",
    "HoldRule",
    "KeptDecision",
    "LedgerEntry",
    "Level",
    "LineBalance",
    "LineOverride",
    "LineReview",
    "LineState",
    "MockAudit",
    "MoneyPolicy",
    "MonthClose",
    "MonthSeal",
    "OwnCase",
    "PacketItem",
    "PacketRun",
    "PayerCheck",
    "PayerPolicy",
    "PayerProfile",
    "PlaceOfService",
    "PolicyDraft",
    "PostingVerdict",
    "ProofKind",
    "ProviderAdjustment",
    "ProviderTaxonomy",
    "Queue",
    "Rate",
    "RefundDuty",
    "RefundProof",
    "RefundSource",
    "RuleYearFile",
    "SealDigest",
    "SealedClaim",
    "Step",
    "Submission",
    "SubmissionEvent",
    "SubmissionForm",
    "UnbillReason",
    "UnbillRequest",
    "VersionKind",
    "WorkItem",
    "WorkNote",
    "WriteOff",
    "WriteOffOutcome",
    "WriteOffReason",
    "YearState",
    "content_digest",
]
