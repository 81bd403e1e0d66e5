"""Who launched: the EHR's account and our person, found by NPI or e-mail and confirmed once by password."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from rpm_portal.accounts.models import Membership, MembershipQuerySet, User
from rpm_portal.audit.services import record
from rpm_portal.core.days import local_day
from rpm_portal.fhir.ehr.id_tokens import Identity
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink, EhrUser
from rpm_portal.fhir.ehr.requests_out import LaunchRefused, request_json

RESOURCE_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}\Z")  # FHIR R4, data type id


def _members(link: EhrLink, *, now: datetime) -> MembershipQuerySet:
    today = local_day(now, link.practice.zone)
    return Membership.objects.for_practice(link.practice).in_force(today).select_related("user")


def practitioner_id(link: EhrLink, fhir_user: str) -> str:
    """The id in a fhirUser claim like https://ehr.example/r4/Practitioner/12. Raises LaunchRefused for other types."""
    base = f"{link.fhir_base.rstrip('/')}/"
    kind, _, own = fhir_user.removeprefix(base).partition("/")
    if kind != "Practitioner" or not RESOURCE_ID.match(own):
        raise LaunchRefused(
            "The EHR says that you are not a practitioner, so the portal does not open. Ask your administrator.",
            why="not_a_practitioner",
        )
    return own


def find_person(link: EhrLink, identity: Identity, *, token: str, now: datetime) -> tuple[User, bool]:
    """The person who launched, and whether their account is bound already. Raises LaunchRefused."""
    own = practitioner_id(link, identity.fhir_user)
    bound = EhrUser.objects.for_practice(link.practice_id).filter(link=link, sub=identity.sub).first()
    members = _members(link, now=now)
    if bound is not None:
        member = members.filter(user=bound.user_id).first()
        if member is None:
            raise LaunchRefused("You have no role in this practice today. Ask its manager for one.", why="no_role")
        return member.user, True
    member = _by_npi(link, members, own, token=token) or _by_email(link, members, identity.email)
    if member is None:
        raise LaunchRefused(
            "Nobody with your NPI or e-mail address has a role in this practice today. Ask its manager to invite you.",
            why="person_not_found",
        )
    return member.user, False


def _by_npi(link: EhrLink, members: MembershipQuerySet, own: str, *, token: str) -> Membership | None:
    resource = request_json(f"{link.fhir_base.rstrip('/')}/Practitioner/{own}", token=token)
    identifiers = resource.get("identifier")
    npis = {
        str(row.get("value"))
        for row in (identifiers if isinstance(identifiers, list) else [])
        if isinstance(row, dict) and row.get("system") == link.npi_system and row.get("value")
    }
    rows = list(members.filter(npi__in=npis)[:2])
    return rows[0] if len(rows) == 1 else None


def _by_email(link: EhrLink, members: MembershipQuerySet, email: str) -> Membership | None:
    if email.rpartition("@")[2] not in link.email_domains:
        return None
    return members.filter(user__email__iexact=email).first()


def member_of_launch(launch: EhrLaunch, *, now: datetime) -> Membership | None:
    """The membership of the person who launched, if it is in force today."""
    return _members(launch.link, now=now).filter(user=launch.user_id).first()


def bind_person(launch: EhrLaunch, *, by: Membership, now: datetime) -> None:
    """Bind the EHR's account to the person who just confirmed it. Raises LaunchRefused if one of them is bound."""
    try:
        with transaction.atomic():
            EhrUser.objects.create(
                practice_id=launch.practice_id,
                link=launch.link,
                sub=launch.sub,
                fhir_user=launch.fhir_user,
                user=by.user,
                bound_at=now,
            )
            record(
                practice=launch.link.practice,
                by=by.user,
                role=by.role,
                action="bind_ehr_user",
                subject=f"ehrlink:{launch.link.public_id}",
                now=now,
            )
    except IntegrityError:
        raise LaunchRefused(
            "Another account of the EHR is bound to you already. An administrator can remove that one.",
            why="bound_otherwise",
        ) from None
