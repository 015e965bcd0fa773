"""Django's DATABASES from the environment: the directory, the shards, and a replica alias for each replica.

Aliases: `default` is the directory's primary, `default_r1` its first replica; `shard0` is a shard's primary,
`shard0_r1` its first replica. A URL may name several hosts, which libpq tries in order: so a process follows a
failover. A replica's URL may contain `weight=3`: it then gets three times the reads of one without a weight; with
`weight=0` it gets none.
"""

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

from config.env import Environment, EnvironmentIncomplete

DIRECTORY = "default"
MOST_WEIGHT = 100


def aliases(env: Environment) -> tuple[list[str], dict[str, list[str]]]:
    """Return (shard aliases, {primary alias: its replica aliases}) without connecting to anything."""
    shards = [name for name, _ in env.shard_urls]
    replicas = {DIRECTORY: [f"{DIRECTORY}_r{n}" for n, _ in enumerate(env.database_replica_urls, 1)]}
    for shard in shards:
        count = sum(name == shard for name, _ in env.shard_replica_urls)
        replicas[shard] = [f"{shard}_r{n}" for n in range(1, count + 1)]
    return shards, replicas


def weights(env: Environment) -> dict[str, int]:
    """Return {replica alias: weight} of the URLs with a weight. Raises EnvironmentIncomplete for an invalid one."""
    urls = {alias: url for alias, url in replica_urls(env).items() if "weight=" in url}
    return {alias: split_weight(url)[1] for alias, url in urls.items()}


def replica_urls(env: Environment) -> dict[str, str]:
    """Return {replica alias: URL}, with the weight still in the URL."""
    urls = {f"{DIRECTORY}_r{n}": url for n, url in enumerate(env.database_replica_urls, 1)}
    for shard in dict(env.shard_urls):
        of_shard = (url for name, url in env.shard_replica_urls if name == shard)
        urls |= {f"{shard}_r{n}": url for n, url in enumerate(of_shard, 1)}
    return urls


def split_weight(url: str) -> tuple[str, int]:
    """Return the URL without its weight, which libpq does not know, and the weight: 1 when there is none.

    Raises EnvironmentIncomplete for an invalid weight.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    text = query.pop("weight", "1")
    if not text.isdecimal() or int(text) > MOST_WEIGHT:
        # The message does not contain the URL: it holds a password.
        raise EnvironmentIncomplete(f"weight={text} of a replica is not a number from 0 to {MOST_WEIGHT}.")
    rest = urlencode(query, safe="/,", quote_via=quote)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, rest, "")), int(text)


def databases(env: Environment) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES: an entry for every primary and every replica in the environment."""
    primaries = {DIRECTORY: env.database_url, **dict(env.shard_urls)}
    entries = {alias: connection(url) for alias, url in primaries.items()}
    for alias, url in replica_urls(env).items():
        entries[alias] = connection(split_weight(url)[0], mirror=alias.rpartition("_r")[0])
    for settings in entries.values():
        settings["CONN_MAX_AGE"] = env.database_conn_max_age
        settings["OPTIONS"].setdefault("application_name", env.pod_name)
    return entries


def connection(url: str, *, mirror: str | None = None) -> dict[str, Any]:
    """Return Django's settings for one libpq URL.

    `mirror` names the primary of a replica: the test runner then sends both aliases to one test database.
    Raises psycopg.ProgrammingError for a URL that libpq does not understand.
    """
    info = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    address = {key: info.pop(key, "") for key in ("dbname", "user", "password", "host", "port")}
    # keepalives and tcp_user_timeout detect a server that is frozen: its connections stay open.
    options = {"connect_timeout": "2", "tcp_user_timeout": "5000", "keepalives_idle": "5", **info}
    options["target_session_attrs"] = "prefer-standby" if mirror else "read-write"
    return {
        "ENGINE": "sharding.connections.postgresql",
        "NAME": address["dbname"],
        "USER": address["user"],
        "PASSWORD": address["password"],
        "HOST": address["host"],
        "PORT": address["port"],
        "CONN_HEALTH_CHECKS": True,
        # A pooler such as PgBouncer gives each transaction another session: no cursor may outlive its transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": options,
        "TEST": {"MIRROR": mirror, "DEPENDENCIES": []},
    }
