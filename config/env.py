"""The deployment's environment variables, read in one place and typed.

No other module reads `os.environ` for a deployment value. README.md lists the names; the local topology sets the same
ones as a production deployment.
"""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import load_dotenv
from environs import Env, EnvError


class EnvironmentIncomplete(Exception):
    """A variable without a default is missing, or a value is malformed."""


@dataclass(frozen=True)
class Environment:
    """Deployment values. URLs carry no trailing slash; lists may be empty. Secrets stay out of repr()."""

    secret_key: str = field(repr=False)
    debug: bool
    environment: str
    site_url: str
    allowed_hosts: list[str]
    behind_proxy: bool
    pod_name: str
    release: str
    database_url: str = field(repr=False)
    database_replica_urls: list[str] = field(repr=False)
    shard_urls: list[tuple[str, str]] = field(repr=False)
    shard_replica_urls: list[tuple[str, str]] = field(repr=False)
    database_conn_max_age: int
    cache_url: str = field(repr=False)
    queue_url: str = field(repr=False)
    s3_endpoint_url: str
    s3_upload_url: str
    s3_bucket: str
    s3_region: str
    s3_access_key_id: str
    s3_secret_access_key: str = field(repr=False)
    cdn_url: str
    cdn_signing_key: str = field(repr=False)
    cdn_purge_token: str = field(repr=False)
    cloudfront_key_id: str
    cloudfront_private_key: str = field(repr=False)
    cloudfront_distribution_id: str
    email_url: str = field(repr=False)
    default_from_email: str
    sentry_dsn: str = field(repr=False)
    log_format: str
    log_level: str
    static_root: Path
    ready_file: Path | None
    drain_file: Path | None
    show_db_route: bool
    metrics_token: str = field(repr=False)
    metrics_file: Path | None

    @property
    def is_https(self) -> bool:
        """True when visitors use https; cookies are then marked secure."""
        return urlsplit(self.site_url).scheme == "https"


def read_file(path: Path) -> None:
    """Add the `NAME=value` lines of a file to the process environment; variables that are set already win."""
    load_dotenv(path)


def named_urls(value: str) -> list[tuple[str, str]]:
    """Split `"shard0=URL shard1=URL shard0=URL"` into (name, URL) pairs, in order.

    Raises EnvironmentIncomplete for an entry without a name.
    """
    pairs = []
    for entry in value.split():
        name, separator, url = entry.partition("=")
        if not separator or not name.isidentifier() or "://" not in url:
            # The message does not contain the entry: it holds a password.
            raise EnvironmentIncomplete(
                "SHARD_URLS and SHARD_REPLICA_URLS are written shard0=postgresql://… shard1=postgresql://…"
            )
        pairs.append((name, url))
    return pairs


def read() -> Environment:
    """Return the environment of this process.

    Raises EnvironmentIncomplete, with the cure, when a variable without a default is missing or a value is malformed.
    """
    env = Env()
    try:
        return _read(env)
    except EnvError as error:
        raise EnvironmentIncomplete(
            f"{error}. A local site gets its environment from `make up` (it writes var/env); "
            "a deployment must set it: README.md lists the names."
        ) from error


def _read(env: Env) -> Environment:
    site_url = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
    ready_file, drain_file = env.str("READY_FILE", ""), env.str("DRAIN_FILE", "")
    metrics_file = env.str("METRICS_FILE", "")
    cloudfront_key_id = env.str("CLOUDFRONT_KEY_ID", "")
    return Environment(
        secret_key=env.str("SECRET_KEY"),
        debug=env.bool("DEBUG", False),
        environment=env.str("ENVIRONMENT", "production"),
        site_url=site_url,
        allowed_hosts=env.list("ALLOWED_HOSTS", [urlsplit(site_url).hostname or "localhost"]),
        behind_proxy=env.bool("BEHIND_PROXY", False),
        pod_name=env.str("POD_NAME", "manage"),
        release=env.str("RELEASE", "dev"),
        database_url=env.str("DATABASE_URL"),
        database_replica_urls=env.str("DATABASE_REPLICA_URLS", "").split(),
        shard_urls=named_urls(env.str("SHARD_URLS")),
        shard_replica_urls=named_urls(env.str("SHARD_REPLICA_URLS", "")),
        database_conn_max_age=env.int("DATABASE_CONN_MAX_AGE", 60),
        cache_url=env.str("CACHE_URL"),
        queue_url=env.str("QUEUE_URL"),
        s3_endpoint_url=env.str("S3_ENDPOINT_URL").rstrip("/"),
        s3_upload_url=env.str("S3_UPLOAD_URL", env.str("S3_ENDPOINT_URL")).rstrip("/"),
        s3_bucket=env.str("S3_BUCKET", "media"),
        s3_region=env.str("S3_REGION", "us-east-1"),
        s3_access_key_id=env.str("S3_ACCESS_KEY_ID", ""),
        s3_secret_access_key=env.str("S3_SECRET_ACCESS_KEY", ""),
        cdn_url=env.str("CDN_URL").rstrip("/"),
        cdn_signing_key=env.str("CDN_SIGNING_KEY", *([""] if cloudfront_key_id else [])),
        cdn_purge_token=env.str("CDN_PURGE_TOKEN", ""),
        cloudfront_key_id=cloudfront_key_id,
        cloudfront_private_key=env.str("CLOUDFRONT_PRIVATE_KEY", "").replace("\\n", "\n"),
        cloudfront_distribution_id=env.str("CLOUDFRONT_DISTRIBUTION_ID", ""),
        email_url=env.str("EMAIL_URL", "consolemail:"),
        default_from_email=env.str("DEFAULT_FROM_EMAIL", "Tessera <hello@tessera.example>"),
        sentry_dsn=env.str("SENTRY_DSN", ""),
        log_format=env.str("LOG_FORMAT", "json"),
        log_level=env.str("LOG_LEVEL", "INFO"),
        static_root=Path(env.str("STATIC_ROOT", "var/static")).resolve(),
        ready_file=Path(ready_file) if ready_file else None,
        drain_file=Path(drain_file) if drain_file else None,
        show_db_route=env.bool("SHOW_DB_ROUTE", env.bool("DEBUG", False)),
        metrics_token=env.str("METRICS_TOKEN", ""),
        metrics_file=Path(metrics_file) if metrics_file else None,
    )
