"""Compares the kept state of each version with the one that its answers give."""

from billing.claims.states import derived_states, differs, versions_of
from rpm_portal.accounts.models import Practice


def state_differences(practice: Practice) -> list[str]:
    """A sentence for each version whose kept state is not the derived one; empty if all agree."""
    versions = list(versions_of(practice=practice))
    right = derived_states(versions)
    return [
        f"{version}: {version.state} is kept, {right[version.pk].state} follows from its answers"
        for version in versions
        if differs(version, right[version.pk])
    ]
