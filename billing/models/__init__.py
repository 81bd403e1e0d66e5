"""Payers' policies and rates; months and verdicts; claims and lines."""

from billing.models.decisions import CodeVerdict, KeptDecision
from billing.models.denials import DenialStep, Step
from billing.models.drafts import DraftState, PolicyDraft
from billing.models.export_runs import ExportRun
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
from billing.models.rule_years import RuleYearFile, YearState
from billing.models.seals import SealDigest, SealedClaim
from billing.models.submissions import (
    Adjustment,
    Answer,
    AnswerStatus,
    Charge,
    ClaimSetup,
    Export,
    ExportFormat,
    PlaceOfService,
    Remittance,
    SentClaim,
    content_digest,
)

__all__ = [
    "CLOSED_STATES",
    "LOCKED_STATES",
    "NOT_IN_FORCE_STATES",
    "STRICTEST",
    "Adjustment",
    "Answer",
    "AnswerStatus",
    "Attestation",
    "AuditConclusion",
    "Charge",
    "CheckedClaim",
    "ChunkState",
    "Claim",
    "ClaimLine",
    "ClaimSetup",
    "CloseChunk",
    "CloseState",
    "CodeVerdict",
    "Correction",
    "DenialStep",
    "DeviceAnchor",
    "DraftState",
    "Export",
    "ExportFormat",
    "ExportRun",
    "FactorClass",
    "FeeBasis",
    "FeeFile",
    "KeptDecision",
    "LineOverride",
    "LineReview",
    "LineState",
    "MockAudit",
    "MonthClose",
    "MonthSeal",
    "OwnCase",
    "PacketItem",
    "PacketRun",
    "PayerPolicy",
    "PayerProfile",
    "PlaceOfService",
    "PolicyDraft",
    "Rate",
    "Remittance",
    "RuleYearFile",
    "SealDigest",
    "SealedClaim",
    "SentClaim",
    "Step",
    "YearState",
    "content_digest",
]
