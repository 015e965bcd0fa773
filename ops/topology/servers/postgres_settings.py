"""PostgreSQL's settings, and how its files want them written."""

from collections.abc import Mapping

SETTINGS_FILE = "tessera.conf"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "jit": "off",
    "wal_level": "logical",  # a move of buckets is logical replication
    "max_wal_senders": "20",
    "max_replication_slots": "20",  # replicas and running moves, of which there may be 16
    "max_worker_processes": "24",
    "max_logical_replication_workers": "16",
    "max_sync_workers_per_subscription": "4",
    "autovacuum_max_workers": "1",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_slot_wal_keep_size": "512MB",  # a replica that stays away is copied anew rather than fill the disk
    "hot_standby_feedback": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "1s",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%a ",
}
# Not full_page_writes: without them no server could be rewound.
# Nothing waits for a disk; what is acknowledged still survives the death of the server's processes.
FAST_SETTINGS: Mapping[str, str] = {"fsync": "off"}
ACCESS = "local all all scram-sha-256\nlocal replication replicator scram-sha-256\n"


def escape(value: str) -> str:
    """A value for the inside of single quotes in PostgreSQL's configuration files."""
    return value.replace("\\", "\\\\").replace("'", "''")


def connection_string(parts: Mapping[str, str]) -> str:
    """libpq's `name='value' …`, whose rules of quoting are its own."""
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parts.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
