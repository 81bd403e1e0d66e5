"""The authentication backend: reads a session's user and memberships in one statement at each request."""

from allauth.account.auth_backends import AuthenticationBackend

from rpm_portal.accounts.models import Membership, User


class PortalBackend(AuthenticationBackend):
    """Signs in by e-mail as allauth does, and loads the user with the memberships every request needs."""

    def get_user(self, user_id: int) -> User | None:
        """The user of a session with `memberships_found`; None if there is none or the account is inactive."""
        rows = list(
            Membership.objects.filter(user=user_id)
            .select_related("user", "practice")
            .order_by("practice__name", "starts_on", "pk")
        )
        if not rows:
            return super().get_user(user_id)
        user = rows[0].user
        for row in rows:
            row.user = user
        user.memberships_found = rows
        return user if self.user_can_authenticate(user) else None
