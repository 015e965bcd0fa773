"""The servers of a site, as components to start: PostgreSQL, Valkey, the S3 store, the edge, pods."""
