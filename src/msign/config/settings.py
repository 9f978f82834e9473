"""Django's settings, derived from the options. Nothing else of Django's configuration lives elsewhere."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from msign.config.options import Options, load
from msign.kernel.errors import Code, MSignError

OPTIONS = load()
SOURCE = Path(__file__).resolve().parent.parent


def _secret(options: Options) -> str:
    if options.secret_key:
        return options.secret_key
    path = options.data_path / "secret"
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise MSignError(
            Code.MISCONFIGURED, f"the file {path} cannot be used ({why}); restore it from a backup", member="secret_key"
        ) from error
    if not secret:
        raise MSignError(Code.MISCONFIGURED, f"the file {path} is empty; restore it from a backup", member="secret_key")
    return secret


def _make_secret(path: Path) -> None:
    """Several processes may start at once: the file appears whole, and the first one made stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as draft:  # mode 0600
        draft.write(secrets.token_urlsafe(48))
        draft.flush()
        os.fsync(draft.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, path)


def _postgresql(address: str) -> dict[str, object]:
    """Names and passwords are percent-encoded; what follows ``?`` (sslmode and its like) goes to the driver."""
    url = urlsplit(address)
    if url.scheme not in ("postgresql", "postgres"):
        raise MSignError(Code.MISCONFIGURED, "postgresql://… expected", member="database_url")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": url.port or "",
        "OPTIONS": dict(parse_qsl(url.query)),
    }


def _database(options: Options) -> dict[str, object]:
    if options.database_url:
        return _postgresql(options.database_url)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": options.data_path / "msign.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: a committed request or signature survives a power cut, not only a killed process.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _allowed_hosts(options: Options) -> list[str]:
    """The name people use is always one of them."""
    public = urlsplit(options.web_url).hostname or ""
    listed = options.web.allowed_hosts or (options.ports.host, "localhost", "127.0.0.1", "[::1]")
    return list(dict.fromkeys((*listed, f"[{public}]" if ":" in public else public)))


SECRET_KEY = _secret(OPTIONS)
DEBUG = OPTIONS.debug
ALLOWED_HOSTS = _allowed_hosts(OPTIONS)
DATABASES = {"default": _database(OPTIONS)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "msign.audit",
    "msign.jobs",
    "msign.access",
    "msign.care",
    "msign.notices",
    "msign.mandates",
    "msign.signrequests",
    "msign.connections",
    "msign.frame",
    "msign.faces.signpages",
    "msign.faces.verifypages",
    "msign.faces.desk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "msign.frame.static.StaticMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pages carry no secret beside the CSRF token, which Django masks anew
    "msign.frame.security.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "msign.frame.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "msign.frame.availability.AvailabilityMiddleware",
]
ROOT_URLCONF = "msign.config.urls"
ASGI_APPLICATION = "msign.config.asgi.web"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "msign.frame.context.frame",
            ]
        },
    }
]
LANGUAGE_CODE = "ro"
LANGUAGES = [("ro", "Română"), ("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [SOURCE / "locale"]
TIME_ZONE = "Europe/Chisinau"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = OPTIONS.data_path / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "msign.frame.static.HashedStaticStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
CSRF_FAILURE_VIEW = "msign.frame.errors.csrf_failure"
MSIGN_SITE = {"test": OPTIONS.sandbox, "phone": OPTIONS.site.phone, "email": OPTIONS.site.email}
SESSION_COOKIE_HTTPONLY = True
# By the address that people use: a proxy may end TLS in front of a listener that speaks plain HTTP.
SESSION_COOKIE_SECURE = OPTIONS.web_url.lower().startswith("https://") or bool(OPTIONS.web.tls_certificate)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(OPTIONS.web_url))]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SESSION_COOKIE_SECURE else 0  # whoever came by HTTPS comes by it again
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # form fields; files are bounded by their pages
FILE_UPLOAD_TEMP_DIR = None
