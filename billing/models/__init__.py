"""Payers' policies and rates; months and verdicts; claims and lines."""

from billing.models.lines import GONE, Claim, ClaimLine, LineReview, LineState
from billing.models.months import Attestation, ChunkState, CloseChunk, CloseState, MonthClose, Verdict
from billing.models.policies import STRICTEST, PayerPolicy, Rate

__all__ = [
    "GONE",
    "STRICTEST",
    "Attestation",
    "ChunkState",
    "Claim",
    "ClaimLine",
    "CloseChunk",
    "CloseState",
    "LineReview",
    "LineState",
    "MonthClose",
    "PayerPolicy",
    "Rate",
    "Verdict",
]
