"""How people come in: by invitation, never by signing themselves up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class ClosedDoorAdapter(DefaultAccountAdapter):
    """allauth's adapter with the sign-up door shut."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs themselves up for a practice's patients."""
        return False
