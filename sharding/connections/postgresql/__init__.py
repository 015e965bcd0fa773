"""Django's PostgreSQL backend, for primaries that may fall silent."""
