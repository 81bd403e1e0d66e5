"""How people come in: by invitation, never by signing themselves up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class ClosedDoorAdapter(DefaultAccountAdapter):
    """allauth's adapter with the sign-up door shut."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs themselves up for a practice's patients."""
        return False


def who_signs_in(request: Any, credentials: dict[str, Any] | None = None) -> str:
    """The e-mail that wrong passwords are counted for, as it was typed or as the person is known."""
    told = credentials or {}
    typed = told.get("email") or told.get("username") or (request.POST.get("login") if request is not None else "")
    return str(typed or "").lower()[:254]
