"""Django's settings, the same file for every deployment. The values that differ come from `config.env`."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from csp.constants import NONCE, NONE, SELF

from config import databases, mail, valkey
from config.env import read
from ops.errors import start_error_tracking
from ops.logs import configuration as logging_configuration

ENV = read()
BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ENVIRONMENT = ENV.environment
POD_NAME = ENV.pod_name
RELEASE = ENV.release
READY_FILE = ENV.ready_file
DRAIN_FILE = ENV.drain_file
SITE_URL = ENV.site_url
ALLOWED_HOSTS = ENV.allowed_hosts
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1

# `config` comes first: its templates override those of allauth and of the forms.
INSTALLED_APPS = [
    "config",
    "photos",
    "accounts",
    "sharding",
    "ops",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "ops.health.ProbesMiddleware",
    "ops.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "accounts.zones.ZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Last: only the view reads from replicas. A request that hits a dying replica runs again on the primaries.
    "sharding.consistency.middleware.CausalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.me",
                "photos.views.http.context.unread",
                "csp.context_processors.nonce",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The data tier. Aliases: `default` is the directory, every other primary is a shard, `…_r1` are replicas.
DATABASES = databases.databases(ENV)
SHARDS, REPLICAS = databases.aliases(ENV)
REPLICA_WEIGHTS = databases.weights(ENV)
DATABASE_ROUTERS = ["sharding.consistency.routers.ShardRouter"]
READ_FROM_REPLICAS = True
WATCH_PRIMARIES = True
SCATTER_SEQUENTIALLY = False
SHOW_DB_ROUTE = ENV.show_db_route  # the response header X-DB-Route
METRICS_TOKEN = ENV.metrics_token
METRICS_FILE = ENV.metrics_file
CAUSAL_TOKEN_TTL_SECONDS = 60
REPLICA_MAX_LAG_SECONDS = 10
BUCKET_MAP_TTL_SECONDS = 1
# How long the rows of a moved bucket stay on its old shard: longer than any process reads by the old map.
MOVE_CLEANUP_DELAY_SECONDS = 10

# How often one person may do something: {what: {seconds: times}} (accounts/rate_limit.py). Those of signing in and up
# are allauth's own, by address as well.
MINUTE, HOUR = 60, 3600
RATE_LIMITS = {
    "begin": {MINUTE: 1_000, HOUR: 20_000},  # files; some are announced more than once
    "cancel": {MINUTE: 1_000, HOUR: 20_000},
    "comment": {MINUTE: 20},
    "erase": {MINUTE: 5},
    "follow": {MINUTE: 60},
    "like": {MINUTE: 120},
    "pack": {HOUR: 20},
    "report": {HOUR: 20},
    "retry": {MINUTE: 20},
}

# Two Valkeys: the first may evict anything, the second keeps everything (sessions, tokens, the queue).
# Database 0 of the second is Dramatiq's alone, since its maintenance scans all keys of its database.
CACHES = {
    "default": valkey.cache(ENV.cache_url),
    "durable": valkey.cache(ENV.queue_url, database=1),
}
QUEUE_URL = ENV.queue_url
SESSION_ENGINE = "accounts.sessions"
SESSION_CACHE_ALIAS = "durable"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# Files. Browsers PUT originals to S3 through the upload gateway; the edge pulls renditions from S3.
S3_ENDPOINT_URL = ENV.s3_endpoint_url
S3_UPLOAD_URL = ENV.s3_upload_url
CDN_URL = ENV.cdn_url
CDN_SIGNING_KEY = ENV.cdn_signing_key
CDN_PURGE_TOKEN = ENV.cdn_purge_token
# When these are set, CloudFront is the edge.
CLOUDFRONT_KEY_ID = ENV.cloudfront_key_id
CLOUDFRONT_DISTRIBUTION_ID = ENV.cloudfront_distribution_id


def _s3(*, endpoint_url: str = S3_ENDPOINT_URL, read_timeout: float = 20, tries: int = 3) -> dict[str, Any]:
    client_config = Config(
        s3={"addressing_style": "path"},
        signature_version="s3v4",
        connect_timeout=min(2.0, read_timeout),
        read_timeout=read_timeout,
        retries={"total_max_attempts": tries, "mode": "standard"},
        # The site sends checksums itself; boto's default adds a trailer that presigned URLs cannot carry.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    options = {
        "bucket_name": ENV.s3_bucket,
        "region_name": ENV.s3_region,
        "endpoint_url": endpoint_url,
        "access_key": ENV.s3_access_key_id,
        "secret_key": ENV.s3_secret_access_key,
        "default_acl": None,
        "client_config": client_config,
    }
    if CLOUDFRONT_KEY_ID:
        options |= {
            "cloudfront_key_id": CLOUDFRONT_KEY_ID,
            "cloudfront_key": ENV.cloudfront_private_key,
        }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


STORAGES = {
    # Originals and renditions. A key contains the content's hash and the recipe: a file never changes.
    "default": _s3(),
    # The same, for short questions of web threads: a store that hangs must not hang the pages.
    "asking": _s3(read_timeout=1.5, tries=1),
    # The same bucket at the address that browsers use, since a signature covers the host.
    "uploads": _s3(endpoint_url=S3_UPLOAD_URL),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = f"{CDN_URL}/static/"
STATIC_ROOT = ENV.static_root
# Packages from npm: installed beside Python's (package-lock.json, ops/bootstrap.py), never edited.
NPM_ROOT = Path(sys.prefix) / "npm" / "node_modules"
STATICFILES_DIRS = [("npm/photoswipe", NPM_ROOT / "photoswipe" / "dist")]
WHITENOISE_STATIC_PREFIX = "/static/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # forms and JSON; photos go to the upload gateway

UPLOAD_MAX_BYTES = 100 * 1024 * 1024
UPLOAD_MAX_FILES = 500
QUOTA_BYTES = 10 * 1024**3  # of originals, for each owner
UPLOAD_URL_TTL_SECONDS = 15 * 60
MEDIA_URL_TTL_SECONDS = 3600

# Photos of authors with more followers are not pushed to timelines: readers pull them.
FEED_PUSH_UP_TO = 10_000

# Accounts.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_VALIDATORS = "accounts.usernames.VALIDATORS"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Tessera: "
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a mail tells the owner that the password was changed
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if ENV.behind_proxy else 0
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.default_from_email
_MAIL = mail.settings_from(ENV.email_url)
EMAIL_BACKEND = _MAIL.backend
EMAIL_HOST = _MAIL.host
EMAIL_PORT = _MAIL.port
EMAIL_HOST_USER = _MAIL.user
EMAIL_HOST_PASSWORD = _MAIL.password
EMAIL_USE_SSL = _MAIL.use_ssl
EMAIL_USE_TLS = _MAIL.use_tls
EMAIL_TIMEOUT = 10

# What browsers may do with the pages.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ENV.is_https
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENV.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.is_https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.behind_proxy else None
CSRF_TRUSTED_ORIGINS = [SITE_URL]
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE, CDN_URL],
        "style-src": [SELF, CDN_URL],
        "style-src-attr": ["'unsafe-inline'"],  # a photo's aspect ratio and colour are written on its tile
        "img-src": [SELF, CDN_URL, "data:", "blob:"],
        "font-src": [SELF, CDN_URL],
        "connect-src": [SELF, S3_UPLOAD_URL],
        "worker-src": [SELF],
        "manifest-src": [SELF, CDN_URL],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Language and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]  # each in its own language, for readers who know no other
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = ENV.is_https
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"  # for visitors whose zone is unknown (accounts/zones.py)
USE_TZ = True
USE_I18N = True

LOGGING_CONFIG = None
logging_configuration(level=ENV.log_level, as_json=ENV.log_format == "json", pod=POD_NAME)
start_error_tracking(dsn=ENV.sentry_dsn, environment=ENVIRONMENT, release=RELEASE, pod=POD_NAME)
