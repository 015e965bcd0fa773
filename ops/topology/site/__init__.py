"""One site as data: its options, ports and secrets, its PostgreSQL servers, its environment."""
