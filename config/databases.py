"""Django's DATABASES from the environment: the directory, the shards, and a replica alias for each replica.

Aliases: `default` is the directory's primary, `default_r1` its first replica; `shard0` is a shard's primary,
`shard0_r1` its first replica. A URL may name several hosts (libpq tries them in order), which is how an application
follows a failover.
"""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from config.env import Environment

DIRECTORY = "default"


def aliases(env: Environment) -> tuple[list[str], dict[str, list[str]]]:
    """Return (shard aliases, {primary alias: its replica aliases}) without connecting to anything."""
    shards = [name for name, _ in env.shard_urls]
    replicas = {DIRECTORY: [f"{DIRECTORY}_r{n}" for n, _ in enumerate(env.database_replica_urls, 1)]}
    for shard in shards:
        count = sum(name == shard for name, _ in env.shard_replica_urls)
        replicas[shard] = [f"{shard}_r{n}" for n in range(1, count + 1)]
    return shards, replicas


def databases(env: Environment) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES setting for every primary and replica named in the environment."""
    urls = {DIRECTORY: env.database_url, **dict(env.shard_urls)}
    mirrors: dict[str, str] = {}
    for n, url in enumerate(env.database_replica_urls, 1):
        urls[f"{DIRECTORY}_r{n}"] = url
        mirrors[f"{DIRECTORY}_r{n}"] = DIRECTORY
    for shard in dict(env.shard_urls):
        for n, url in enumerate((u for name, u in env.shard_replica_urls if name == shard), 1):
            urls[f"{shard}_r{n}"] = url
            mirrors[f"{shard}_r{n}"] = shard
    return {alias: connection(url, mirror=mirrors.get(alias)) for alias, url in urls.items()}


def connection(url: str, *, mirror: str | None = None) -> dict[str, Any]:
    """Return Django's settings for one libpq URL.

    `mirror` names the primary of a replica: the test runner then sends both aliases to one test database.
    Raises psycopg.ProgrammingError for a URL that libpq does not understand.
    """
    info = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    known = {key: info.pop(key, "") for key in ("dbname", "user", "password", "host", "port")}
    # keepalives and tcp_user_timeout notice a primary that is stopped rather than gone.
    options = {"connect_timeout": "2", "tcp_user_timeout": "5000", "keepalives_idle": "5", **info}
    options["target_session_attrs"] = "prefer-standby" if mirror else "read-write"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": known["dbname"],
        "USER": known["user"],
        "PASSWORD": known["password"],
        "HOST": known["host"],
        "PORT": known["port"],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "TEST": {"MIRROR": mirror, "DEPENDENCIES": []},
    }
