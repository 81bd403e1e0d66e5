"""Limits of guesses: for a person, an address and a known browser, across processes and parallel requests."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as django_settings
from django.core import mail, signing
from django.core.cache import cache, caches
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone
from redis import ConnectionError as CacheAway

from rpm_portal.accounts.factor_attempt_model import AttemptKind
from rpm_portal.accounts.factor_attempts import FACTOR_LIMIT, FactorLocked, try_credential, use_code
from rpm_portal.accounts.models import FactorAttempt
from rpm_portal.accounts.signatures import SignatureRefused, check_signature_password
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import PASSWORD
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = "/accounts/login/"


def sign_in(user, *, password=PASSWORD, client=None, address="192.0.2.1"):
    client = client or Client()
    return client, client.post(LOGIN, {"login": user.email, "password": password}, REMOTE_ADDR=address)


def with_app(user):
    """Give the person an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


@pytest.fixture
def nurse(live_world):
    return live_world.user("clinical_staff")


def actions(world, action):
    return Event.objects.filter(practice=world.practice, action=action).count()


@pytest.mark.slow
def test_the_cache_is_shared_by_processes_and_stores_no_pickle(nurse):
    """A value that another process adds is there for this one, as JSON."""
    key = f"{cache.key_prefix}:1:shared"
    script = "import sys, redis; print(redis.Redis.from_url(sys.argv[1]).set(sys.argv[2], '[1.5]', nx=True))"
    command = [sys.executable, "-c", script, django_settings.CACHES["default"]["LOCATION"], key]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "True"
    assert cache.get("shared") == [1.5]
    assert cache.add("shared", 1) is False
    for value in (True, 7, "word", [1.0, 2], None, {"a": 1}):
        cache.set("shared", value)
        assert cache.get("shared") == value
    with pytest.raises(TypeError, match="not JSON serializable"):
        cache.set("shared", object())


@pytest.mark.slow
def test_a_code_works_once_in_all_processes(nurse, code_of):
    """No cache is needed: the second session has an empty one, as another server process had."""
    secret = with_app(nurse)
    code = code_of(secret)
    client, answer = sign_in(nurse)
    assert client.post(answer["Location"], {"code": code})["Location"] == "/"
    cache.key_prefix += ":another"
    other, answer = sign_in(nurse)
    assert other.post(answer["Location"], {"code": code}).status_code == 200
    assert other.get("/").status_code == 302
    assert use_code(nurse, code, now=timezone.now()) is None


def test_a_step_is_stored_once_by_the_database(nurse):
    FactorAttempt.objects.create(user=nurse, kind="totp", at=timezone.now(), used_step=7)
    with pytest.raises(IntegrityError), transaction.atomic():
        FactorAttempt.objects.create(user=nurse, kind="totp", at=timezone.now(), used_step=7)
    with pytest.raises(IntegrityError), transaction.atomic():
        FactorAttempt.objects.create(user=nurse, kind="signature", at=timezone.now(), used_step=8)


def in_parallel(count, act):
    """The results of `act(number)` in threads that begin together."""
    results, barrier = [], threading.Barrier(count)

    def run(number):
        barrier.wait(HANG_TIMEOUT_SECONDS)
        try:
            results.append(act(number))
        except Refused as refusal:
            results.append(type(refusal))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_TIMEOUT_SECONDS)
    return results


def test_a_code_sent_eight_times_at_once_is_accepted_once(nurse, code_of):
    code = code_of(with_app(nurse))
    results = in_parallel(8, lambda _: use_code(nurse, code, now=timezone.now()) is not None)
    assert results.count(True) == 1


def test_parallel_wrong_codes_get_five_tries(nurse, live_world):
    with_app(nurse)
    results = in_parallel(12, lambda _: use_code(nurse, "000000", now=timezone.now()))
    assert (results.count(None), results.count(FactorLocked)) == (5, 7)
    assert FactorAttempt.objects.filter(user=nurse).count() == 5
    assert actions(live_world, "factor_locked") == 1


def test_parallel_wrong_passwords_of_a_signature_get_five_tries(live_world):
    physician = live_world.members["physician"]

    def sign(number):
        check_signature_password(physician, f"wrong-{number}", field="password", act="sign", now=timezone.now())

    results = in_parallel(12, sign)
    assert results == [SignatureRefused] * 12
    assert FactorAttempt.objects.filter(user=physician.user, kind="signature").count() == 5
    with pytest.raises(SignatureRefused, match="Too many wrong passwords"):
        check_signature_password(physician, PASSWORD, field="password", act="sign", now=timezone.now())
    assert actions(live_world, "signature_locked") == 1
    assert "Signing is locked for ten minutes" in [message.subject for message in mail.outbox]


NEW_PASSWORD = "copper-lantern-hollow"


@pytest.mark.parametrize("wrong", [4, 5])
def test_a_session_alone_gets_five_tries_at_the_password_of_its_person(nurse, live_world, wrong):
    """The page of the password was a place to guess it: uncounted, and in no audit."""
    client, fields = signed_in(nurse), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    for number in range(wrong):
        answer = client.post("/accounts/password/change/", fields | {"oldpassword": f"guess-{number}"})
        assert answer.status_code == 200
    assert FactorAttempt.objects.filter(user=nurse, kind="signature").count() == wrong
    assert actions(live_world, "signature_refused") == wrong
    assert actions(live_world, "signature_locked") == (wrong == 5)
    cache.key_prefix += ":later"  # allauth's own limit of five requests a minute is over
    answer = client.post("/accounts/password/change/", fields | {"oldpassword": PASSWORD})

    nurse.refresh_from_db()
    assert nurse.check_password(NEW_PASSWORD) is (wrong == 4)
    assert ("Too many wrong passwords" in answer.content.decode()) is (wrong == 5)


@pytest.mark.slow
def test_a_session_alone_gets_five_tries_on_the_page_that_asks_for_the_password_again(nurse, live_world):
    client = signed_in(nurse)
    for number in range(5):
        client.post("/accounts/reauthenticate/", {"password": f"guess-{number}"})

    assert actions(live_world, "sign_in_failed") == 5
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429


@pytest.mark.slow
@pytest.mark.parametrize(("wrong", "status"), [(4, 302), (5, 200)])
def test_the_fifth_wrong_code_locks_the_factor_for_five_minutes(nurse, live_world, code_of, still_clock, wrong, status):
    secret = with_app(nurse)
    client, answer = sign_in(nurse)
    page = answer["Location"]
    for _ in range(wrong):
        assert client.post(page, {"code": "000000"}).status_code == 200
    answer = client.post(page, {"code": code_of(secret)})
    assert answer.status_code == status
    locked = int(wrong == 5)
    assert actions(live_world, "factor_locked") == locked
    assert [message.subject for message in mail.outbox].count("Your second factor is locked for five minutes") == locked
    if locked:
        assert "Too many wrong codes. Wait five minutes" in answer.content.decode()
        still_clock.shift(timedelta(minutes=5) - timedelta(seconds=1))
        assert client.post(page, {"code": code_of(secret)}).status_code == 200
        still_clock.shift(timedelta(seconds=1))
        assert client.post(page, {"code": code_of(secret)}).status_code == 302


@pytest.mark.slow
def test_the_lock_of_a_factor_counts_over_addresses_and_sessions_and_holds_for_signatures(live_world, code_of):
    admin = live_world.user("admin")
    secret = with_app(admin)
    for number in range(5):
        client, answer = sign_in(admin, address=f"198.51.100.{number}")
        client.post(answer["Location"], {"code": "000000"})
    answer = signed_in(admin).post("/export/", {"what": "practice", "password": PASSWORD, "code": code_of(secret)})
    assert answer.status_code == 422
    assert "Too many wrong codes" in answer.content.decode()
    assert not Event.objects.filter(action="export").exists()


def test_a_lock_of_one_person_concerns_nobody_else(live_world, nurse, code_of):
    with_app(nurse)
    for _ in range(5):
        use_code(nurse, "000000", now=timezone.now())
    manager = live_world.user("manager")
    assert use_code(manager, code_of(with_app(manager)), now=timezone.now()) is not None


def test_recovery_codes_and_security_keys_have_the_same_limit(nurse):
    with_app(nurse)
    code = RecoveryCodes.activate(nurse).get_unused_codes()[0]
    for _ in range(5):
        assert use_code(nurse, "000000", now=timezone.now()) is None
    with pytest.raises(FactorLocked):
        use_code(nurse, code, now=timezone.now())
    with pytest.raises(FactorLocked):
        try_credential(nurse, AttemptKind.WEBAUTHN, lambda: True, limit=FACTOR_LIMIT, now=timezone.now())


def test_old_attempts_are_deleted_and_recent_ones_stay(nurse):
    from rpm_portal.tasks import delete_expired

    now = timezone.now()
    for days in (29, 31):
        FactorAttempt.objects.create(user=nurse, kind="totp", at=now - timedelta(days=days))
    assert delete_expired()["factor_attempts"] == 1
    assert FactorAttempt.objects.get().at > now - timedelta(days=30)


def test_a_wrong_password_of_an_order_stays_counted(live_world):
    """The card is saved in a transaction that a refusal rolls back."""
    from rpm_portal.pages.enrollment.save_card import save_card

    for _ in range(5):
        with pytest.raises(SignatureRefused):
            save_card(
                "order", live_world.enrollment, {"password": "wrong"}, by=live_world.members["physician"],
                now=timezone.now(),
            )  # fmt: skip
    assert FactorAttempt.objects.filter(kind="signature").count() == 5


@pytest.mark.slow
def test_a_stranger_at_the_same_address_locks_only_unknown_browsers(nurse, live_world):
    """All people of a clinic, or behind a proxy that is not configured, have one address."""
    own, answer = sign_in(nurse)
    assert answer.status_code == 302
    own.post("/accounts/logout/")
    for number in range(6):
        sign_in(nurse, password=f"guess-{number}")
    assert sign_in(nurse)[1].status_code == 429, "the right password in an unknown browser"
    assert sign_in(nurse, client=own)[1].status_code == 302, "in the person's own browser"


@pytest.mark.slow
def test_sixty_guesses_of_an_address_stop_no_known_browser(nurse, live_world):
    own, _ = sign_in(nurse)
    own.post("/accounts/logout/")
    for number in range(61):
        Client().post(LOGIN, {"login": f"guess{number}@example.org", "password": "x"}, REMOTE_ADDR="192.0.2.1")
    stranger = sign_in(live_world.user("manager"))[1]
    assert stranger.status_code == 200
    assert "Too many failed login attempts" in stranger.content.decode()
    assert sign_in(nurse, client=own)[1].status_code == 302


@pytest.mark.slow
def test_a_known_browser_is_locked_after_five_wrong_passwords_at_any_address(nurse):
    own, _ = sign_in(nurse)
    own.post("/accounts/logout/")
    for number in range(5):
        sign_in(nurse, password="wrong", client=own, address=f"198.51.100.{number}")
    assert sign_in(nurse, client=own, address="198.51.100.99")[1].status_code == 429
    assert sign_in(nurse, address="198.51.100.99")[1].status_code == 302, "another browser"


@pytest.mark.slow
@pytest.mark.parametrize(("guesses", "status"), [(29, 302), (30, 200)])
def test_thirty_guesses_from_many_addresses_lock_unknown_browsers_of_the_person(nurse, live_world, guesses, status):
    own, _ = sign_in(nurse)
    own.post("/accounts/logout/")
    for number in range(guesses):
        sign_in(nurse, password="wrong", address=f"198.51.100.{number}")
    assert sign_in(nurse, address="203.0.113.1")[1].status_code == status
    assert sign_in(nurse, client=own)[1].status_code == 302
    assert actions(live_world, "sign_in_locked") == int(status == 200)


@pytest.mark.slow
def test_a_forged_or_foreign_device_cookie_is_no_known_browser(nurse, live_world):
    other, _ = sign_in(live_world.user("manager"))
    for number in range(5):
        sign_in(nurse, password=f"guess-{number}")
    forged = Client()
    forged.cookies["device"] = signing.dumps({"x": "y"}, salt="another salt")
    assert sign_in(nurse, client=forged)[1].status_code == 429
    other.post("/accounts/logout/")
    assert sign_in(nurse, client=other)[1].status_code == 429, "a colleague's browser"
    assert nurse.email not in str(other.cookies["device"]), "the cookie names nobody"


def test_the_device_cookie_needs_a_complete_sign_in(nurse):
    with_app(nurse)
    client, _ = sign_in(nurse)
    assert "device" not in client.cookies
    cookie = sign_in_completely(nurse).cookies["device"]
    assert cookie["httponly"]


def sign_in_completely(user):
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    client, answer = sign_in(user)
    assert client.post(answer["Location"], {"code": code})["Location"] == "/"
    return client


@pytest.fixture
def cache_away(monkeypatch):
    """A cache server that refuses every connection."""

    def refuse(*_args, **_kwargs):
        raise CacheAway

    client = caches["default"]._class
    for name in ("add", "get", "set", "delete"):
        monkeypatch.setattr(client, name, refuse)


def test_without_the_cache_sign_in_is_refused_with_a_sentence(nurse, cache_away):
    client, answer = sign_in(nurse)
    assert answer.status_code == 503
    assert "Sign-in is not available at the moment" in answer.content.decode()
    assert client.get("/").status_code == 302


@pytest.mark.slow
def test_without_the_cache_pages_and_signatures_work_and_are_limited(live_world, code_of, cache_away):
    admin = live_world.user("admin")
    secret = with_app(admin)
    client = signed_in(admin)
    assert client.get("/people/").status_code == 200
    fields = {"what": "practice", "password": PASSWORD}
    for _ in range(4):
        assert client.post("/export/", fields | {"code": "000000"}).status_code == 422
    assert client.post("/export/", fields | {"code": code_of(secret)}).status_code == 200
    assert actions(live_world, "factor_failed") == 4
    assert client.post("/export/", fields | {"code": code_of(secret)}).status_code == 200, "shown five minutes ago"
