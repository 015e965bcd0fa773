"""The settings of the PostgreSQL servers, and the quoting rules of the files that hold them."""

from collections.abc import Mapping

from ops.topology.site.shape import Shape

SETTINGS_FILE = "tessera.conf"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "jit": "off",
    "wal_level": "logical",  # buckets move by logical replication
    "max_wal_senders": "20",
    "max_replication_slots": "20",  # for replicas and up to 16 running moves
    "max_worker_processes": "24",
    "max_logical_replication_workers": "16",
    "max_sync_workers_per_subscription": "4",
    "autovacuum_max_workers": "1",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_slot_wal_keep_size": "512MB",  # a replica that misses more of the log is copied anew
    "hot_standby_feedback": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "1s",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%a ",
}
# For tests: no commit waits for a disk; acknowledged commits still survive the death of the server's processes.
# full_page_writes stays on: without it no server could be rewound.
FAST_SETTINGS: Mapping[str, str] = {"fsync": "off"}
ACCESS = "local all all scram-sha-256\nlocal replication replicator scram-sha-256\n"


def escape(value: str) -> str:
    """Escape a value for the inside of single quotes in a configuration file of PostgreSQL."""
    return value.replace("\\", "\\\\").replace("'", "''")


def connection_string(parts: Mapping[str, str]) -> str:
    """Return libpq's `name='value' …`; its quoting differs from that of the configuration files."""
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parts.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())


def synchronous_settings(shape: Shape, name: str) -> dict[str, str]:
    """Return the settings that name the standbys which the commits of server `name` wait for; none if asynchronous."""
    if not shape.is_synchronous:
        return {}
    group = shape.group_of(name)
    servers = group.synchronous if group.primary == name else ()
    names = ", ".join(f'"{server}"' for server in servers)
    return {
        "synchronous_commit": "on",
        "synchronous_standby_names": f"ANY 1 ({names})" if names else "",
    }
