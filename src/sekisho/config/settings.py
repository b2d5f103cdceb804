"""All settings of the portal, read from the environment. `docs/reference/settings.md` is made from this file.

Without any variable set, the portal runs on one PC: SQLite, no other service, only on 127.0.0.1.
With `SEKISHO_PRODUCTION=1` it refuses to start without a secret key and host names.
"""

import os
import sys
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from sekisho.config import services


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


PACKAGE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("SEKISHO_STATE_DIR", Path.cwd() / "var")).resolve()
"""Where the database, uploaded files and the local secret live."""

PRODUCTION = _flag("SEKISHO_PRODUCTION")
DEBUG = _flag("SEKISHO_DEBUG") and not PRODUCTION
UNDER_TEST = "pytest" in sys.modules


def _local_secret() -> str:
    """Return a secret key kept in the state folder, made on first use and readable by its owner only."""
    import secrets

    path = STATE_DIR / "secret-key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        STATE_DIR.mkdir(parents=True, exist_ok=True)
        key = secrets.token_urlsafe(50)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was faster
            return path.read_text(encoding="ascii")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key)
        return key


SECRET_KEY = os.environ.get("SEKISHO_SECRET_KEY", "")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("SEKISHO_SECRET_KEY must be set in production.")
    SECRET_KEY = "only-for-tests-" + "x" * 50 if UNDER_TEST else _local_secret()

ALLOWED_HOSTS = _words("SEKISHO_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1],testserver")
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("SEKISHO_HOSTS must name the portal's host names in production.")
SITE_URL = os.environ.get("SEKISHO_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "sekisho.foundation.ui",
    "sekisho.foundation.audit",
    "sekisho.foundation.accounts",
    "sekisho.foundation.tenancy",
    "sekisho.foundation.files",
    "sekisho.foundation.jobs",
    "sekisho.foundation.style",
    "sekisho.apps.register",
    "sekisho.apps.programme",
    "sekisho.apps.workbooks",
    "sekisho.apps.network",
    "sekisho.apps.diagnosis",
    "sekisho.apps.vulnerabilities",
    "sekisho.apps.findings",
    "sekisho.apps.judgement",
    "sekisho.apps.overview",
    "sekisho.apps.reports",
    "sekisho.apps.portal",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sekisho.foundation.ui.middleware.LocationForScriptsMiddleware",
    "sekisho.foundation.accounts.middleware.LanguageOfUserMiddleware",
    "sekisho.foundation.tenancy.middleware.SecondFactorMiddleware",
    "sekisho.foundation.tenancy.middleware.HospitalScopeMiddleware",
    "axes.middleware.AxesMiddleware",
    "sekisho.config.errors.RedisAwayMiddleware",
    "sekisho.foundation.files.middleware.DamagedFileMiddleware",
]

ROOT_URLCONF = "sekisho.config.urls"
WSGI_APPLICATION = "sekisho.config.wsgi.application"
FORM_RENDERER = "sekisho.foundation.ui.forms.FormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "sekisho.config.context.page",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------------------------------
# SQLite by default. WAL lets readers go on while one writes; IMMEDIATE takes the write lock at BEGIN, so that two
# writers wait for each other instead of failing half-way; foreign keys are off in SQLite unless asked for.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;",
}
DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{STATE_DIR / 'sekisho.sqlite3'}", conn_max_age=600, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(SQLITE_OPTIONS)
    STATE_DIR.mkdir(parents=True, exist_ok=True)  # SQLite makes its file, never the folder
    # A file, not memory: pages that poll and the test that drives them use several connections at once.
    DATABASES["default"]["TEST"] = {"NAME": str(STATE_DIR / f"test-{os.getpid()}.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Accounts -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {
        # 13 characters: guideline 6.0 then asks for no forced change.
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 13},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:start"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "sekisho.foundation.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an account exists only through an invitation sent to the address
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# By address, and by account (wrong codes of the second factor count there too): a guess at one account from many
# addresses runs into the second, which django-axes below does not see.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "20/5m/ip,10/15m/key",
    "confirm_address": "30/10m/ip,10/10m/key",  # the page behind a mailed link, which needs no account; by link
}
ACCOUNT_SESSION_REMEMBER = False  # signed out when the browser closes: PCs in hospitals are shared
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a mail tells of each change of password or second factor
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers cannot make the portal write to any address
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 a class
ACCOUNT_FORMS = {
    "login": "sekisho.foundation.accounts.forms.LoginForm",
    "reauthenticate": "sekisho.foundation.accounts.forms.ReauthenticateForm",
    "reset_password": "sekisho.foundation.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "sekisho.foundation.accounts.forms.ResetPasswordKeyForm",
    "change_password": "sekisho.foundation.accounts.forms.ChangePasswordForm",
}
PASSWORD_RESET_TIMEOUT = 60 * 60 * 3
INVITATION_DAYS = int(os.environ.get("SEKISHO_INVITATION_DAYS", "7"))
# How many proxies of one's own stand before the portal; 0 takes the address that connects.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("SEKISHO_TRUSTED_PROXIES", "0"))
# Where the nearest of them connects from: what anybody else says about the client's address or HTTPS is not believed.
PROXY_ADDRESS = os.environ.get("SEKISHO_PROXY_ADDRESS", "127.0.0.1")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "sekisho.foundation.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "sekisho.foundation.accounts.forms.AuthenticateForm",
    "reauthenticate": "sekisho.foundation.accounts.forms.ReauthenticateSecondFactorForm",
    "activate_totp": "sekisho.foundation.accounts.forms.ActivateTOTPForm",
    "add_webauthn": "sekisho.foundation.accounts.forms.AddWebAuthnForm",
    "edit_webauthn": "sekisho.foundation.accounts.forms.EditWebAuthnForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are proven by the invitation, not by django-allauth's own records
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Sekisho"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost counts as secure in browsers
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "sekisho.foundation.accounts.lockout.locked_page"
AXES_USERNAME_CALLABLE = "sekisho.foundation.accounts.lockout.name_of"
AXES_CLIENT_IP_CALLABLE = "sekisho.foundation.accounts.lockout.address_of"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the page has said when the next try is possible
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # the audit trail has the sign-ins
AXES_SENSITIVE_PARAMETERS = ["login", "csrfmiddlewaretoken", "next"]

# --- Web ------------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        "object-src": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 10  # one working day
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # pages carry the token in a meta element
CSRF_FAILURE_VIEW = "sekisho.config.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static" if PRODUCTION else None  # else whitenoise finds the files where they are
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": STATE_DIR / "files", "base_url": None, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
UPLOAD_LIMIT_BYTES = int(os.environ.get("SEKISHO_UPLOAD_LIMIT_MB", "20")) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_TEMP_DIR = None

# --- Background work ------------------------------------------------------------------------------------------------
# Without a Redis the queue is a table of the database. With one, workers on any number of machines take jobs from it,
# and all processes count tries to sign in together.
REDIS_URL = os.environ.get("SEKISHO_REDIS_URL", "")
REDIS_TASKS_BACKEND = "sekisho.foundation.jobs.redis_queue.RedisBackend"
TASKS_BACKEND = os.environ.get("SEKISHO_TASKS_BACKEND", "") or (
    REDIS_TASKS_BACKEND if REDIS_URL else "django_tasks_db.DatabaseBackend"
)
if TASKS_BACKEND == REDIS_TASKS_BACKEND and not REDIS_URL:
    raise ImproperlyConfigured("SEKISHO_REDIS_URL must name the Redis that SEKISHO_TASKS_BACKEND asks for.")
# Where scans start from: each region has workers of its own (`sekisho work --region`); none means one place.
REGIONS = _words("SEKISHO_REGIONS")
WORKER_REGION = os.environ.get("SEKISHO_WORKER_REGION", "").strip()
JOB_PULSE_S = float(os.environ.get("SEKISHO_JOB_PULSE_S", "5"))
"""How often a worker gives a sign of life; after six that fail to come its job goes to another one."""
DIAGNOSIS_DIR = STATE_DIR / "diagnosis"
"""A folder for each run: raw evidence, and the point from which it goes on. On many machines the same network folder."""
DIAGNOSIS_PARALLEL = int(os.environ.get("SEKISHO_DIAGNOSIS_PARALLEL", "16"))
FEEDS_DIR = STATE_DIR / "feeds"
"""Feeds as they were handed in. On many machines the same network folder."""
FEEDS_LIMIT_BYTES = int(os.environ.get("SEKISHO_FEEDS_LIMIT_MB", "1000")) * 1024 * 1024
FEEDS_KEY = os.environ.get("SEKISHO_FEEDS_KEY", "")
WATCH_EPSS = float(os.environ.get("SEKISHO_WATCH_EPSS", "0.1"))
WATCH_NEW_DAYS = int(os.environ.get("SEKISHO_WATCH_NEW_DAYS", "90"))
WATCH_SUPPORT_DAYS = sorted((int(days) for days in _words("SEKISHO_WATCH_SUPPORT_DAYS", "180,90,30")), reverse=True)
TASKS = {"default": {"BACKEND": TASKS_BACKEND, "QUEUES": services.queue_names(REGIONS)}}
CACHES = services.caches(REDIS_URL)
if REDIS_URL:
    INSTALLED_APPS.append("django_rq")
    RQ_QUEUES = services.queues(REDIS_URL, REGIONS)

# --- Mail -----------------------------------------------------------------------------------------------------------
# Without a mail server the text of each mail goes to a file, so that nothing is lost and nothing is sent by surprise.
EMAIL_HOST = os.environ.get("SEKISHO_SMTP_HOST", "")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = str(STATE_DIR / "mail")
EMAIL_PORT = int(os.environ.get("SEKISHO_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("SEKISHO_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SEKISHO_SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("SEKISHO_SMTP_STARTTLS", default=True)
EMAIL_TIMEOUT = 20
MAIL_REPLY_TO = os.environ.get("SEKISHO_MAIL_REPLY_TO", "")
SUPPORT_CONTACT = os.environ.get("SEKISHO_SUPPORT_CONTACT", "")
"""Whom to ask, as shown on pages and in mails: a name and a telephone number, for example."""
DEFAULT_FROM_EMAIL = os.environ.get("SEKISHO_MAIL_FROM", "Sekisho <sekisho@localhost>")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("SEKISHO_LOG_LEVEL", "WARNING")},
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
