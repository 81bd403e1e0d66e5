"""Payers' policies and rates; months and verdicts; claims and lines."""

from billing.models.lines import GONE, Claim, ClaimLine, LineReview, LineState
from billing.models.months import Attestation, ChunkState, CloseChunk, CloseState, MonthClose, Verdict
from billing.models.policies import STRICTEST, PayerPolicy, Rate
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
)

__all__ = [
    "GONE",
    "STRICTEST",
    "Adjustment",
    "Answer",
    "AnswerStatus",
    "Attestation",
    "Charge",
    "ChunkState",
    "Claim",
    "ClaimLine",
    "ClaimSetup",
    "CloseChunk",
    "CloseState",
    "Export",
    "LineReview",
    "LineState",
    "MonthClose",
    "PayerPolicy",
    "Rate",
    "Remittance",
    "SentClaim",
    "Shape",
    "Verdict",
]
