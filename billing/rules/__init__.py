"""Rule engine: facts and policy in, decision and reasons out. Standard library only; no clock and no database."""

from billing.rules.code_set import CodeSet
from billing.rules.codes_loader import load_codes
from billing.rules.decision import Decision, Finding, Gravity, Outcome, ProposedLine, Verdict
from billing.rules.engine import decide
from billing.rules.facts import FactsError, PatientMonth
from billing.rules.policy import Policy, PolicyError, PolicyGap
from billing.rules.policy_loader import load_preset

__all__ = [
    "CodeSet",
    "Decision",
    "FactsError",
    "Finding",
    "Gravity",
    "Outcome",
    "PatientMonth",
    "Policy",
    "PolicyError",
    "PolicyGap",
    "ProposedLine",
    "Verdict",
    "decide",
    "load_codes",
    "load_preset",
]
