"""Description of a payer's policy for an enrollment being opened, from the same data that the close uses."""

from dataclasses import dataclass
from datetime import date

from billing.models import STRICTEST
from billing.policies.in_force import policies_of
from billing.rules import Policy
from billing.rules.decision import NOT_LOADED
from billing.rules.describe import value_words
from billing.rules.eligibility import covers
from billing.rules.sentences import sentence
from enrollment.models import Payer

NAMES = {
    "medicare_general_supervision": "Medicare, general supervision",
    STRICTEST: "Strictest: billing provider's own time and call only",
}


def policy_words(name: str) -> str:
    """A policy's display name: of a preset, or of a preset with a payer's departures (`preset (row 7)`)."""
    preset, _, row = name.partition(" (row")
    label = NAMES.get(preset, preset.replace("_", " "))
    return f"{label}, with this payer's own terms" if row else label


@dataclass(frozen=True, slots=True)
class CoverageWords:
    """The policy's name, its requirements as sentences, and why it would refuse; `refused` is empty if it would not."""

    policy: str
    says: tuple[str, ...]
    refused: str


def coverage_words(payer: Payer, *, program: str, diagnosis: str, kind: str, on: date) -> CoverageWords:
    """The policy that applies to this payer on a day. One statement."""
    policies = policies_of(payer.practice_id, on=on)
    policy = policies.get(payer.pk)
    if policy is None:
        policy = policies.strictest
        name = f"{NAMES[STRICTEST]}, because this payer has no policy on file"
    else:
        name = policy_words(policy.name)
    if not policy.view(on).loaded:
        return CoverageWords(name, (), sentence(NOT_LOADED, {"year": on.year}))
    return CoverageWords(
        name, tuple(_requirements(policy, on)), _refusal(policy, diagnosis=diagnosis, kind=kind, on=on)
    )


def _requirements(policy: Policy, on: date) -> list[str]:
    view = policy.view(on)
    sentences = [f"Counts the time of {value_words(view['time_roles'])}."]
    if not view["first10_codes_enabled"]:
        sentences.append("Does not take the ten-minute code.")
    if not view["short_supply_codes_enabled"]:
        sentences.append("Does not take the 2 to 15 day supply code.")
    scope = view["diagnosis_scope"]
    if scope == "chronic_only":
        sentences.append("Covers chronic conditions only.")
    elif isinstance(scope, tuple):
        sentences.append(f"Covers diagnoses that begin with {', '.join(scope)}.")
    if view["prior_auth_required"]:
        sentences.append("Requires prior authorization.")
    return sentences


def _refusal(policy: Policy, *, diagnosis: str, kind: str, on: date) -> str:
    """Why the payer would not pay for the diagnosis; empty if it would, or if none is entered yet."""
    scope = policy.view(on)["diagnosis_scope"]
    not_entered = not diagnosis or (scope == "chronic_only" and not kind)
    if not_entered or covers(scope, diagnosis=diagnosis, kind=kind):
        return ""
    if isinstance(scope, tuple):
        return f"This payer does not cover {diagnosis}; it covers {', '.join(scope)}."
    return "This payer covers chronic conditions only, and this one is acute."
