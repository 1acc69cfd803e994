"""All settings, read from the environment (see docs/configuration.md). A bad value fails here, naming itself."""

import os
import re
import socket
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from dispatcher import conf as dispatcher_conf
from flowbit import __version__, database, email
from flowbit.demo import DEMO_TOKEN
from flowbit.embedded import addresses
from flowbit.env import Env
from jobs.conf import Options, OutsideIssuer
from jobs.retry import RetryPolicy

env = Env(os.environ)
BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = Path(env.text("FLOWBIT_FOLDER", BASE_DIR / ".flowbit"))
DEMO = env.flag("FLOWBIT_DEMO")

# --- Django ---------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
DEMO_KEY = "demo-key-for-one-machine-only-never-for-production"
SECRET_KEY = env.text("SECRET_KEY", DEMO_KEY)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
ADMIN_TOKEN = env.text("ADMIN_TOKEN")
PUBLIC = bool(set(ALLOWED_HOSTS) - {"localhost", "127.0.0.1", "[::1]", "testserver"})
if PUBLIC and SECRET_KEY == DEMO_KEY:
    raise ImproperlyConfigured("SECRET_KEY must be set when ALLOWED_HOSTS names more than this machine")
if PUBLIC and ADMIN_TOKEN == DEMO_TOKEN:
    raise ImproperlyConfigured("ADMIN_TOKEN must be another one when ALLOWED_HOSTS names more than this machine")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "flowbit.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    # `runworker` and `up` are ours: Django gives a command to the first app that has it, and Channels has one too.
    "flowbit",
    "jobs",
    "dispatcher",
    "django_htmx",
    "channels",
    *env.words("FLOWBIT_APPS"),
]
MIDDLEWARE = [
    "flowbit.request_log.request_log",
    "django.middleware.security.SecurityMiddleware",
    "flowbit.middleware.SecurityPolicy",
    "flowbit.middleware.RateLimit",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "flowbit.middleware.RevealControls",
]
ROOT_URLCONF = "flowbit.urls"
API_PORT = env.integer("API_PORT", 8000, min=1, max=65535)
ASGI_APPLICATION = "flowbit.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"console": "jobs.console.tags"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
AUTHENTICATION_BACKENDS = ["jobs.services.sign_in.LimitedBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
# Nothing is translated, and to look for translations all the same costs each page some milliseconds.
USE_I18N = False
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English")]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = FOLDER / "static"
LOGIN_URL = "login"
LOGOUT_REDIRECT_URL = "login"
LOGIN_REDIRECT_URL = "home"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- what browsers may do -------------------------------------------------------------------------------------------
HTTPS = env.flag("FLOWBIT_HTTPS", PUBLIC and not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 0, min=0, max=100_000_000)
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS = env.origins("ALLOWED_ORIGINS", also=["DASHBOARD_ORIGIN"])
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "last-event-id",
    "x-admin-token",
    "x-api-key",
    "x-request-id",
    "x-user-id",
]
CORS_EXPOSE_HEADERS = [
    "location",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
]
_STRICT = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# By the longest prefix. The admin's pages (unfold, Alpine) evaluate expressions that stand in their attributes.
CONTENT_POLICIES = {"/": _STRICT, "/admin/": f"{_STRICT}; script-src 'self' 'unsafe-inline' 'unsafe-eval'"}

ENVIRONMENT = env.text("FLOWBIT_ENVIRONMENT", "demo" if DEMO else "")
UNFOLD = {
    "SITE_TITLE": "Flowbit",
    "SITE_HEADER": "Flowbit",
    "SITE_SYMBOL": "bolt",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("flowbit/icon.svg")},
    ],
    "SITE_URL": None,
    "ENVIRONMENT": "flowbit.navigation.environment",
    "SIDEBAR": {"navigation": "flowbit.navigation.sidebar", "show_search": True, "command_search": True},
    "COMMAND": {"search_callback": "flowbit.navigation.search"},
    "COLORS": {
        "base": {
            "50": "#fbfbfc",
            "100": "#f2f2f4",
            "200": "#dedee3",
            "300": "#c6c6cf",
            "400": "#8a8a95",
            "500": "#6b6b73",
            "600": "#4a4a52",
            "700": "#34343b",
            "800": "#222227",
            "900": "#0a0a0b",
            "950": "#060607",
        },
        "primary": {
            "50": "239 246 255",
            "100": "219 234 254",
            "200": "191 219 254",
            "300": "147 197 253",
            "400": "96 165 250",
            "500": "59 130 246",
            "600": "37 99 235",
            "700": "29 78 216",
            "800": "30 64 175",
            "900": "30 58 138",
            "950": "23 37 84",
        },
    },
}

# --- PostgreSQL and Redis -------------------------------------------------------------------------------------------
PGBOUNCER = env.flag("FLOWBIT_PGBOUNCER")
try:
    DATABASES = {
        "default": database.parse(env.text("DATABASE_URL", addresses.database_url(FOLDER), also=["POSTGRES_URL"]))
    }
except ValueError as error:
    raise ImproperlyConfigured(f"DATABASE_URL: {error}") from None
DATABASES["default"]["OPTIONS"] = database.PATIENCE | DATABASES["default"]["OPTIONS"]
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = PGBOUNCER
# The ORM binds on the client; the engine's own statements (jobs.store) are prepared on the server unless pooled.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = None if PGBOUNCER else 5
if pool_size := env.integer("DATABASE_POOL_SIZE", 0, min=0, max=500):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool_size}

REDIS_URL = env.text("REDIS_URL", addresses.redis_url(FOLDER), also=["REDIS_ADDR"])
if "://" not in REDIS_URL:
    REDIS_URL = f"redis://{REDIS_URL}"
# The Pub/Sub layer speaks to one server: any node of a cluster will do, so the first one that is named.
CHANNELS_REDIS_URL = env.text("CHANNELS_REDIS_URL", re.sub(r"\+cluster(://(?:[^/]*@)?[^/?,]+)[^/?]*", r"\1", REDIS_URL))
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [CHANNELS_REDIS_URL], "prefix": "flowbit:channels"},
    }
}

# --- Files and mail -------------------------------------------------------------------------------------------------
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FOLDER / "media"},
    },
    "artifacts": {
        "BACKEND": env.text("ARTIFACT_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": {} if env.text("ARTIFACT_STORAGE") else {"location": FOLDER / "artifacts"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
email_url = env.url("EMAIL_URL", schemes=tuple(email.PORTS))
try:
    mailer = email.by_url(email_url) if email_url else email.to_files(FOLDER / "mail")
except ValueError as error:
    raise ImproperlyConfigured(f"EMAIL_URL: {error}") from None
globals().update(email.settings(mailer, django.VERSION))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"flowbit@{socket.gethostname()}")

# --- REST, tasks, logs ----------------------------------------------------------------------------------------------
# Counters of the API's throttles. In memory: a server that is down must not lock anybody out.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "throttles": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "throttles",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "jobs.api.authentication.TokenAuthentication",
        "jobs.api.authentication.TrustedHeaderAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "jobs.api.authentication.TrustedCookieAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["jobs.api.throttles.CredentialThrottle"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "jobs.api.negotiation.Negotiation",
    "EXCEPTION_HANDLER": "jobs.api.errors.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_SCHEMA_CLASS": "jobs.api.schema.openapi.Schema",
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "jobs.api.browsable.BrowsableRenderer",
    ],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Flowbit",
    "DESCRIPTION": "A job queue: PostgreSQL is the truth, Redis the hot path.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["jobs.api.schema.openapi.once"],
    "POSTPROCESSING_HOOKS": ["jobs.api.schema.openapi.complete"],
}
TASKS = {"default": {"BACKEND": "jobs.tasks_backend.FlowbitBackend", "QUEUES": []}}
if django.VERSION < (6, 0):
    INSTALLED_APPS.append("django_tasks")

LOG_LEVEL = env.choice("LOG_LEVEL", "info", ["debug", "info", "warning", "error"]).upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "console": {
            "()": "flowbit.logs.ConsoleFormatter",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "flowbit.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", "console", ["console", "json"]),
        },
        "attempt": {"class": "jobs.context.AttemptLogHandler"},
    },
    "loggers": {
        # At INFO they log every URL with its query, and that may hold a secret.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # uvicorn has set up its own before this is read. Its lines are to look like all others, and those of requests
        # are ours (`flowbit.request_log`): it would tell the query.
        "uvicorn": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # At DEBUG it tells every header of a WebSocket, and so keys and cookies.
        "uvicorn.error": {"handlers": [], "level": "INFO" if LOG_LEVEL == "DEBUG" else LOG_LEVEL, "propagate": True},
        "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
    },
    "root": {"handlers": ["console", "attempt"], "level": LOG_LEVEL},
}

JWKS_URL = env.url("FLOWBIT_JWT_JWKS_URL", schemes=("https", "http"))
JWT_ISSUER, JWT_AUDIENCE = env.text("FLOWBIT_JWT_ISSUER"), env.text("FLOWBIT_JWT_AUDIENCE")
if JWKS_URL and not (JWT_ISSUER and JWT_AUDIENCE):
    raise ImproperlyConfigured("FLOWBIT_JWT_JWKS_URL needs FLOWBIT_JWT_ISSUER and FLOWBIT_JWT_AUDIENCE beside it")

# --- Flowbit --------------------------------------------------------------------------------------------------------
FLOWBIT = Options(
    redis_url=REDIS_URL,
    worker_id=env.text("WORKER_ID"),
    queues=env.text("WORKER_QUEUES"),
    types=env.text("WORKER_TYPES"),
    processes=env.integer("WORKER_PROCESSES", os.cpu_count() or 1, min=1, max=256),
    concurrency=env.integer("WORKER_CONCURRENCY", 10, min=1, max=10_000),
    lease_ttl=env.duration("LEASE_TTL", "30s"),
    heartbeat_interval=env.duration("HEARTBEAT_INTERVAL", "5s"),
    poll_interval=env.duration("QUEUE_POLL_INTERVAL", "250ms"),
    interrupt_grace=env.duration("INTERRUPT_GRACE", "5s"),
    orphan_patience=env.duration("ORPHAN_PATIENCE", "5m"),
    scheduler_id=env.text("SCHEDULER_ID"),
    scheduler_interval=env.duration("SCHEDULER_INTERVAL", "250ms"),
    leadership_ttl=env.duration("SCHEDULER_LEADERSHIP_TTL", "15s"),
    reconcile_interval=env.duration("RECONCILE_INTERVAL", "10s"),
    default_timeout=env.duration("DEFAULT_TIMEOUT", "5m"),
    default_max_attempts=env.integer("DEFAULT_MAX_ATTEMPTS", 3, min=1, max=1000),
    default_retry=RetryPolicy(
        initial_delay=env.duration("BASE_RETRY_DELAY", "5s"), max_delay=env.duration("MAX_RETRY_DELAY", "15m")
    ),
    dedupe_window=env.duration("DEFAULT_DEDUPE_WINDOW", "15m"),
    service_version=env.text("SERVICE_VERSION", __version__),
    auto_migrate=env.flag("AUTO_MIGRATE"),
    metrics_open=env.flag("METRICS_OPEN", True),
    metrics_host=env.text("METRICS_HOST", "127.0.0.1"),
    metrics_port=env.integer("METRICS_PORT", None, min=1, max=65535),
    admin_token=ADMIN_TOKEN,
    trust_user_header=env.trust("FLOWBIT_TRUST_USER_HEADER"),
    access_token_life=env.duration("ACCESS_TOKEN_LIFE", "10m"),
    refresh_token_life=env.duration("REFRESH_TOKEN_LIFE", "7d"),
    outside_issuer=(OutsideIssuer(jwks_url=JWKS_URL, name=JWT_ISSUER, audience=JWT_AUDIENCE) if JWKS_URL else None),
    api_rate=env.rate("API_RATE", "600/min"),
    key_rate=env.rate("API_KEY_RATE", "off"),
    web_threads=env.integer("WEB_THREADS", 32, min=1, max=1000),
    streams_per_identity=env.integer("STREAMS_PER_IDENTITY", 50, min=1, max=100_000),
    dispatch_rate=env.rate("DISPATCH_RATE", "20/min"),
    upload_quota=env.rate("UPLOAD_QUOTA", "2048/1d"),
    login_rate=env.rate("LOGIN_RATE", "10/5m"),
    login_address_rate=env.rate("LOGIN_ADDRESS_RATE", "30/5m"),
    demo=DEMO,
    allow_private_addresses=env.flag("FLOWBIT_ALLOW_PRIVATE_ADDRESSES"),
    generic_commands=tuple(env.words("FLOWBIT_GENERIC_COMMANDS", ["echo"] if DEMO else [])),
    pgbouncer=PGBOUNCER,
)

# --- plain English ---------------------------------------------------------------------------------------------------
_GEMINI_FALLBACKS = [
    "gemini-flash-latest", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.0-flash", "gemini-2.0-flash-lite",
]  # fmt: skip
# A general label, and one for each kind of job that needs no operator.
_DEMO_LABELS = (
    "general", "echo", "email", "webhook", "file.ingest", "image_resize", "notify", "report", "url_scrape", "fail",
)  # fmt: skip
DISPATCHER = dispatcher_conf.Options(
    provider=env.choice("DISPATCH_PROVIDER", "auto", ["auto", "gemini", "openai", "offline", "none"]),
    timeout=env.duration("DISPATCH_TIMEOUT", "15s"),
    max_prompt=env.integer("DISPATCH_MAX_PROMPT", 4000, min=1, max=100_000),
    retention=env.duration("DISPATCH_RETENTION", "30d"),
    default_labels=_DEMO_LABELS if DEMO else ("general",),
    gemini_key=env.text("GEMINI_API_KEY"),
    gemini_model=env.text("GEMINI_MODEL", "gemini-3-flash-preview"),
    gemini_fallbacks=tuple(env.words("GEMINI_MODEL_FALLBACKS", _GEMINI_FALLBACKS)),
    gemini_url=env.url("GEMINI_BASE_URL", schemes=["http", "https"]),
    openai_url=env.url("OPENAI_BASE_URL", schemes=["http", "https"]),
    openai_key=env.text("OPENAI_API_KEY"),
    openai_model=env.text("OPENAI_MODEL", "default"),
)
