"""A launch from its start to the EHR's answer (SMART App Launch 2.2, https://hl7.org/fhir/smart-app-launch/)."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from rpm_portal.fhir.ehr.discovery import Configuration, configuration_of
from rpm_portal.fhir.ehr.id_tokens import digest_of
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink
from rpm_portal.fhir.ehr.requests_out import LaunchRefused, request_json

LIVES_FOR = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
MAX_PARAMETER = 2000
_AGAIN = "Open the portal from the EHR again."


class Tokens(NamedTuple):
    """What the token endpoint answered: the access token, who launched, and the patient's id, empty for none."""

    access_token: str
    id_token: object
    patient: str


def find_link(public_id: str) -> EhrLink | None:
    """The link that an address names, of any practice: nobody is signed in yet."""
    return EhrLink.objects.select_related("practice").filter(public_id=public_id).first()


def check_link(link: EhrLink) -> None:
    """Raises LaunchRefused if the link is switched off."""
    if not link.is_on:
        raise LaunchRefused(
            "Your practice has switched off the launch from this EHR. Sign in to the portal instead.", why="link_off"
        )


def begin_launch(
    link: EhrLink, *, iss: str, launch: str, redirect_uri: str, is_standalone: bool, now: datetime
) -> tuple[EhrLaunch, str]:
    """Store a launch; returns it and the EHR's address to which the browser is redirected.

    A foreign `iss` is never requested. Raises LaunchRefused.
    """
    check_link(link)
    if not is_standalone:
        _check_parameters(link, iss=iss, launch=launch)
    configuration = configuration_of(link, now=now)
    state, nonce, verifier = (secrets.token_urlsafe(length) for length in (32, 32, 64))
    row = EhrLaunch.objects.create(
        practice_id=link.practice_id,
        link=link,
        state_digest=digest_of(state),
        nonce_digest=digest_of(nonce),
        verifier=verifier,
        started_at=now,
        expires_at=now + LIVES_FOR,
    )
    query = {
        "response_type": "code",
        "client_id": link.client_id,
        "redirect_uri": redirect_uri,
        "scope": _scope(link, is_standalone=is_standalone),
        "state": state,
        "nonce": nonce,
        # Byte for byte as it came: some EHRs compare the last slash too.
        "aud": iss or link.fhir_base,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    if not is_standalone:
        query["launch"] = launch
    mark = "&" if urlsplit(configuration.authorization_endpoint).query else "?"
    return row, f"{configuration.authorization_endpoint}{mark}{urlencode(query)}"


def _check_parameters(link: EhrLink, *, iss: str, launch: str) -> None:
    if not launch or len(launch) > MAX_PARAMETER:
        raise LaunchRefused(f"The EHR's launch has no valid launch value. {_AGAIN}", why="no_launch", status=400)
    if len(iss) > MAX_PARAMETER or iss.removesuffix("/") != link.fhir_base.removesuffix("/"):
        raise LaunchRefused(
            "This launch comes from another EHR than the one that your practice connected. Ask your administrator.",
            why="wrong_iss",
            status=400,
        )


def _scope(link: EhrLink, *, is_standalone: bool) -> str:
    """The link's scopes; without an EHR's context the EHR asks for the patient."""
    words = link.scopes.split()
    return " ".join("launch/patient" if word == "launch" and is_standalone else word for word in words)


def _challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def take_launch(link: EhrLink, *, state: str, begun: Collection[str], now: datetime) -> EhrLaunch:
    """The launch of this browser that a state belongs to; the state is then used up. Raises LaunchRefused.

    `begun` are the public ids of the launches that this browser began.
    """
    rows = EhrLaunch.objects.select_related("link__practice").filter(link=link, practice=link.practice_id)
    row = rows.filter(state_digest=digest_of(state)).first()
    if row is None or row.public_id not in begun:
        raise LaunchRefused(f"This browser did not begin this launch. {_AGAIN}", why="unknown_state", status=400)
    if row.used_at is not None:
        raise LaunchRefused(f"This launch was used already. {_AGAIN}", why="state_used", status=400)
    if row.expires_at <= now:
        raise LaunchRefused(f"This launch took longer than ten minutes. {_AGAIN}", why="state_expired", status=400)
    # Of two answers with one state at once, one counts.
    if not EhrLaunch.objects.filter(pk=row.pk, used_at__isnull=True).update(used_at=now):
        raise LaunchRefused(f"This launch was used already. {_AGAIN}", why="state_used", status=400)
    row.used_at = now
    check_link(row.link)
    return row


def exchange_code(launch: EhrLaunch, *, code: str, redirect_uri: str, now: datetime) -> tuple[Tokens, Configuration]:
    """The tokens for a code, and the configuration that names their issuer. Raises LaunchRefused."""
    if not code or len(code) > MAX_PARAMETER:
        raise LaunchRefused(f"The EHR did not allow the launch. {_AGAIN}", why="no_code")
    link = launch.link
    configuration = configuration_of(link, now=now)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": launch.verifier,
        "client_id": link.client_id,
    }
    client = (link.client_id, link.client_secret) if link.client_secret else None
    answer = request_json(configuration.token_endpoint, form=form, client=client)
    token, kind = answer.get("access_token"), answer.get("token_type")
    if not isinstance(token, str) or not token.isascii() or str(kind).lower() != "bearer":
        raise LaunchRefused(f"The EHR gave no usable access token. {_AGAIN}", why="no_access_token", status=502)
    patient = answer.get("patient")
    return Tokens(token, answer.get("id_token"), patient if isinstance(patient, str) else ""), configuration


def open_launch(public_id: str, *, practice_id: int | None = None, now: datetime) -> EhrLaunch | None:
    """A launch whose person is known and that is neither closed nor expired."""
    rows = EhrLaunch.objects.select_related("link__practice", "user").filter(
        public_id=public_id, user__isnull=False, closed_at__isnull=True, expires_at__gt=now, link__is_on=True
    )
    return rows.filter(practice=practice_id).first() if practice_id is not None else rows.first()


def close_launch(launch: EhrLaunch, *, now: datetime) -> None:
    """End a launch, and delete what the EHR sent of the patient."""
    launch.closed_at, launch.found = now, {}
    launch.save(update_fields=["closed_at", "found"])


def delete_old(*, now: datetime) -> int:
    """Delete what the EHR sent in launches that expired, and launches of days before; returns how many are deleted."""
    late = EhrLaunch.objects.filter(expires_at__lt=now, closed_at__isnull=True)
    late.update(found={}, verifier="", closed_at=now)
    count, _ = EhrLaunch.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
    return count
