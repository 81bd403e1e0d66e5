"""Payers' policies and rates; months and verdicts; claims and lines."""

from billing.models.batches import ExportRun
from billing.models.checking import CheckedClaim, Conclusion, MockAudit
from billing.models.decisions import KeptDecision, Verdict
from billing.models.denials import DenialStep, Step
from billing.models.drafts import DraftState, PolicyDraft
from billing.models.lines import GONE, Claim, ClaimLine, LineReview, LineState
from billing.models.months import (
    SHUT,
    Attestation,
    ChunkState,
    CloseChunk,
    CloseState,
    DeviceAnchor,
    MonthClose,
    MonthSeal,
)
from billing.models.packets import PacketItem, PacketRun
from billing.models.policies import STRICTEST, PayerPolicy, Rate
from billing.models.raising import RaisedLine
from billing.models.sending import (
    Adjustment,
    Answer,
    AnswerStatus,
    Charge,
    ClaimSetup,
    Export,
    Remittance,
    SentClaim,
    Shape,
    content_digest,
)

__all__ = [
    "GONE",
    "SHUT",
    "STRICTEST",
    "Adjustment",
    "Answer",
    "AnswerStatus",
    "Attestation",
    "Charge",
    "CheckedClaim",
    "ChunkState",
    "Claim",
    "ClaimLine",
    "ClaimSetup",
    "CloseChunk",
    "CloseState",
    "Conclusion",
    "DenialStep",
    "DeviceAnchor",
    "DraftState",
    "Export",
    "ExportRun",
    "KeptDecision",
    "LineReview",
    "LineState",
    "MockAudit",
    "MonthClose",
    "MonthSeal",
    "PacketItem",
    "PacketRun",
    "PayerPolicy",
    "PolicyDraft",
    "RaisedLine",
    "Rate",
    "Remittance",
    "SentClaim",
    "Shape",
    "Step",
    "Verdict",
    "content_digest",
]
