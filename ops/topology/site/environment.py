"""The environment of every Django process: the variables that a deployment sets, with local values."""

import shlex
import sys

from ops.topology.machine.layout import write_private
from ops.topology.site.site import Site

BUCKET = "media"
REGION = "us-east-1"
APP_KEY_ID = "tessera-app"


def for_site(site: Site) -> dict[str, str]:
    """Return the variables that are the same in all pods."""
    return {
        "SECRET_KEY": site.credentials.secret_key,
        "DEBUG": "false",
        "ENVIRONMENT": "local",
        "RELEASE": "dev",
        "SITE_URL": site.url,
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "BEHIND_PROXY": "true",
        "EMAIL_URL": "consolemail:",
        "SENTRY_DSN": "",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "STATIC_ROOT": str(site.layout.var / "static"),
        "CACHE_URL": site.valkey_url("cache"),
        "QUEUE_URL": site.valkey_url("queue"),
        **_databases(site),
        **_delivery(site),
    }


def for_pod(site: Site, name: str) -> dict[str, str]:
    """Return the variables of one pod; `name` becomes its POD_NAME."""
    return {**for_site(site), "POD_NAME": name, "PYTHONUNBUFFERED": "1"}


def write(site: Site) -> None:
    """Write `var/env`, which lets `manage.py` in another terminal use this site."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in for_pod(site, "manage").items()]
    write_private(site.layout.environment, "\n".join(lines) + "\n")


def manage(*arguments: str) -> list[str]:
    """Return the command line of a management command."""
    return [sys.executable, "manage.py", *arguments]


def _databases(site: Site) -> dict[str, str]:
    shards = site.shape.shards
    return {
        "DATABASE_URL": site.primary_url("directory"),
        "DATABASE_REPLICA_URLS": " ".join(site.replica_urls("directory")),
        "SHARD_URLS": " ".join(f"{shard}={site.primary_url(shard)}" for shard in shards),
        "SHARD_REPLICA_URLS": " ".join(
            f"{shard}={url}" for shard in shards for url in site.replica_urls(shard)
        ),
    }


def _delivery(site: Site) -> dict[str, str]:
    return {
        "S3_ENDPOINT_URL": site.s3_url,
        "S3_UPLOAD_URL": site.upload_url,
        "S3_BUCKET": BUCKET,
        "S3_REGION": REGION,
        "S3_ACCESS_KEY_ID": APP_KEY_ID,
        "S3_SECRET_ACCESS_KEY": site.credentials.s3_app,
        "CDN_URL": site.cdn_url,
        "CDN_SIGNING_KEY": site.credentials.cdn_signing_key,
        "CDN_PURGE_TOKEN": site.credentials.cdn_purge_token,
    }
