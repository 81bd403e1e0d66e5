"""Django settings, read from the environment. An invalid value stops the start with its name in the message."""

import hashlib
import os
import sys
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from rpm_portal.core.client_address import parse_proxies
from rpm_portal.ops import environment
from rpm_portal.ops.beat_schedule import beat_schedule
from rpm_portal.ops.environment import database, flag, keys, log_settings, mail_server, number, required, shared_cache
from rpm_portal.ops.start_checks import check_production, check_trial

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
DEBUG = flag("PORTAL_DEBUG", default=False)
TESTING = "pytest" in sys.modules
# Served over TLS by default; the demo on a loopback address turns it off.
SECURE = flag("PORTAL_HTTPS", default=True)
DATABASE_URL = required(
    "DATABASE_URL", "Set it to a PostgreSQL address, or start with `make demo`, which brings its own server."
)
REDIS_URL = required("REDIS_URL", "Set it to a Redis-protocol address, e.g. redis://127.0.0.1:6379/0.")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
_CHECK_START = not TESTING and "mypy" not in sys.modules and not {"makemigrations", "schema_sql"} & set(sys.argv)
ALLOWED_HOSTS = env.list("PORTAL_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if _CHECK_START:
    (check_production if SECURE else check_trial)(os.environ, hosts=ALLOWED_HOSTS, debug=DEBUG)
SECRET_KEY = os.environ.get("PORTAL_SECRET_KEY") or "only-for-a-loopback-address-never-for-a-practice-000000"
AUDIT_KEY = os.environ.get("PORTAL_AUDIT_KEY", SECRET_KEY).encode()
# Keys of encrypted columns like member IDs, each 32 bytes in base64: the first encrypts, all of them decrypt.
COLUMN_KEYS = keys("PORTAL_COLUMN_KEYS", default=hashlib.sha256(b"columns" + AUDIT_KEY).digest())
# Keys of the digests over sealed months, each 32 bytes in base64: the first signs, all of them verify.
SEAL_KEYS = keys("PORTAL_SEAL_KEYS", default=hashlib.sha256(b"seals" + AUDIT_KEY).digest())
# Keys of the secrets in patients' links: new links get the first, all of them open links.
LINK_KEYS = keys("PORTAL_LINK_KEYS", default=hashlib.sha256(b"links" + AUDIT_KEY).digest())
CSRF_TRUSTED_ORIGINS = env.list("PORTAL_ORIGINS", default=[])
# The proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are believed.
TRUSTED_PROXIES = parse_proxies(env.list("PORTAL_TRUSTED_PROXIES", default=[]))
# Limits of sign-in are counted here by all processes together. Outside of production the broker's server is used.
CACHES = {"default": shared_cache(broker=REDIS_URL)}

INSTALLED_APPS = [
    "rpm_portal.accounts.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "rpm_portal.accounts",
    "rpm_portal.audit",
    "rpm_portal.core.outbox",
    "rpm_portal",
    "enrollment",
    "monitoring",
    "timetracking",
    "billing",
    "rpm_portal.pages.worklist",
    "rpm_portal.pages.reports",
    "rpm_portal.pages.patient.apps.PatientPageConfig",
    "rpm_portal.fhir",
    "rpm_portal.fhir.ehr",
]

MIDDLEWARE = [
    "rpm_portal.ops.metrics.request_metrics.RequestMetricsMiddleware",
    "rpm_portal.core.client_address.ClientAddressMiddleware",
    "rpm_portal.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "rpm_portal.middleware.SafeHeadersMiddleware",
    "rpm_portal.pages.patient.middleware.PatientHostMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "rpm_portal.middleware.IdleMiddleware",
    "rpm_portal.middleware.SignInMiddleware",
    "rpm_portal.middleware.PracticeMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "rpm_portal.core.plain_text.FormTextMiddleware",
    "axes.middleware.AxesMiddleware",
    "rpm_portal.middleware.SentFormMiddleware",  # last, because it calls the view itself
]
CSRF_FAILURE_VIEW = "rpm_portal.accounts.views.csrf.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie with text
ROOT_URLCONF = "rpm_portal.urls"
WSGI_APPLICATION = "rpm_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["rpm_portal.templatetags.form_keys"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rpm_portal.pages.context.frame",
            ],
        },
    },
    # For the rows of long tables (`*.jinja`): five times as fast, with the same escaping.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True},
    },
]

DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "rpm_portal.accounts.backends.PortalBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "worklist"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "rpm_portal.accounts.adapter.ClosedDoorAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# An address is confirmed by its invitation; the generator of allauth adds an unconfirmed one, which blocks the factors.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Messages about credentials are the product's own (accounts/credentials.py).
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "change_password": "rpm_portal.accounts.package_forms.ChangePasswordForm",
    "reset_password": "rpm_portal.accounts.package_forms.ResetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "rpm_portal.accounts.package_forms.CodeForm",
    "reauthenticate": "rpm_portal.accounts.package_forms.CodeAgainForm",
    "authenticate_webauthn": "rpm_portal.accounts.package_forms.KeyForm",
    "reauthenticate_webauthn": "rpm_portal.accounts.package_forms.KeyAgainForm",
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
# Single sign-on (OpenID Connect), for practices that have it set up in the Django admin.
SINGLE_SIGN_ON = flag("PORTAL_SSO", default=False)
SOCIALACCOUNT_ADAPTER = "rpm_portal.accounts.sso.PracticeSignIn"
SOCIALACCOUNT_LOGIN_ON_GET = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "RPM Portal"
# The Django admin requires a second factor, unless the deployment is a trial without TLS.
ADMIN_SECOND_FACTOR = flag("PORTAL_ADMIN_SECOND_FACTOR", default=SECURE)
# Backups: the key that encrypts them (32 bytes in base64), and the folder of PostgreSQL's programs if not on the path.
BACKUP_KEY = os.environ.get("PORTAL_BACKUP_KEY", "")
PG_BIN = os.environ.get("PORTAL_PG_BIN", "")
# Five wrong passwords for a user from an address or a known browser lock out only that, for ten minutes; else thirty.
ACCOUNT_RATE_LIMITS = {
    "login": "",  # right passwords are not counted: the people of a clinic have one address
    "login_failed": "60/m/ip,30/600s/key",
    "login_failed_known_device": "30/600s/key",
}
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = "rpm_portal.accounts.adapter.lockout_parameters"
AXES_USERNAME_CALLABLE = "rpm_portal.accounts.adapter.who_signs_in"
AXES_RESET_ON_SUCCESS = AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
# A session ends after this time without activity of the user, and after half a day in any case.
IDLE_SECONDS = 60 * number("PORTAL_IDLE_MINUTES", default=15, low=5, high=60)
LONGEST_SESSION = 12 * 60 * 60

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
if SECURE:
    SESSION_COOKIE_NAME = "__Host-portal"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    # A load balancer's health check uses plain HTTP; everything else is redirected to TLS.
    SECURE_SSL_REDIRECT = not TESTING
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# The patient's page: its own host, which is recommended (a separate origin), and the cookie of a visit.
PATIENT_HOST = os.environ.get("PORTAL_PATIENT_HOST", "")
PATIENT_COOKIE_NAME = "__Secure-visit" if SECURE else "visit"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("PORTAL_STATIC_ROOT", BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG or TESTING or not SECURE
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if WHITENOISE_USE_FINDERS
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

SIMPLE_HISTORY_REVERT_DISABLED = True
# The app registered with Withings; without it, notifications are stored and not fetched.
WITHINGS_CLIENT_ID = os.environ.get("PORTAL_WITHINGS_CLIENT_ID", "")
WITHINGS_CLIENT_SECRET = os.environ.get("PORTAL_WITHINGS_CLIENT_SECRET", "")
# The base of our own identifier systems in FHIR, a URI without a last slash.
FHIR_SYSTEM = os.environ.get("PORTAL_FHIR_SYSTEM", "urn:rpm-portal:fhir")
# Messages to patients: where carriers report, the carrier's interface, and our own gateway with its networks.
PUBLIC_URL, CARRIER_URL, KANNEL_URL = environment.message_addresses(secure=SECURE)
KANNEL_NETWORKS = environment.kannel_networks()
LOCAL_CHANNELS = flag("PORTAL_LOCAL_CHANNELS", default=False)  # messages may stay on a page of the portal
# Hosts of EHRs inside our own network (others must be public), and whether one may be on this machine: in trials only.
EHR_PRIVATE_HOSTS = env.list("PORTAL_EHR_PRIVATE_HOSTS", default=[])
EHR_ON_THIS_MACHINE = TESTING or not SECURE
DROP_FOLDER = os.environ.get("PORTAL_DROP_FOLDER", "")
DEFAULT_FROM_EMAIL = os.environ.get("PORTAL_EMAIL_FROM", "portal@localhost")
# Where the heads of the audit chains are stored besides the database: a file each minute, mail each night.
AUDIT_HEADS_FILE = os.environ.get("PORTAL_AUDIT_HEADS_FILE", "")
AUDIT_HEADS_TO = env.list("PORTAL_AUDIT_HEADS_TO", default=[])
# EMAIL_BACKEND, EMAIL_HOST and so on; without a server, mail is printed to the log of the process.
globals().update(mail_server("PORTAL_EMAIL_URL"))
EMAIL_TIMEOUT = 10

# Work is recorded as rows in PostgreSQL; the broker only signals it (docs/decisions/0004).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("PORTAL_QUEUE", "portal")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
# Above the hard time limit; otherwise a second copy of a task would start while the first still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = beat_schedule(CELERY_TASK_DEFAULT_QUEUE)
# Days after which drafts, uncommitted patient files, and bodies of packets and reports are deleted; the rest is kept.
KEEP_DRAFTS = number("PORTAL_KEEP_DRAFTS", default=90, low=7, high=3650)
KEEP_FILES = number("PORTAL_KEEP_FILES", default=14, low=1, high=365)
KEEP_PACKETS = number("PORTAL_KEEP_PACKETS", default=30, low=1, high=3650)
# A request body with more entries is stored and processed by the worker.
INTAKE_AT_ONCE = number("PORTAL_INTAKE_AT_ONCE", default=2000, low=1, high=10_000)
CLOSE_CHUNK_SIZE = number("PORTAL_CLOSE_CHUNK", default=1000, low=1, high=5000)
LOG_FORM = "json" if flag("PORTAL_LOG_JSON", default=SECURE) else "line"
LOGGING = log_settings(LOG_FORM, level=os.environ.get("PORTAL_LOG_LEVEL", "WARNING"))
