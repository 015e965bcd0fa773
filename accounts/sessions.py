"""Sessions: kept in the directory, and cached for a minute at most.

Signing out deletes both, but a Valkey that is away at that moment keeps its copy, and would undo the sign-out when it
is back. So no copy lives longer than CACHED_SECONDS: then the row decides again.
"""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.cached_db import SessionStore as CachedStore
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from sharding import causal

CACHED_SECONDS = 60


class SessionStore(CachedStore):
    """Django's `cached_db`, but the cache is asked for a minute, not for as long as the session lives."""

    cache_key_prefix = "accounts.sessions"
    # Django's own, which its type stubs leave out.
    _cache: Any
    _session: dict[str, Any]
    _get_session_from_db: Any

    def load(self) -> dict[str, Any]:
        """Return what the session holds; empty when there is none or it is over."""
        data: dict[str, Any] | None = self._cache.get(self.cache_key)
        if data is not None:
            return data
        # A replica may still have the row that signing out has deleted.
        with causal.pin("default"):
            row = self._get_session_from_db()
        if row is None:
            return {}
        data = self.decode(row.session_data)
        self._keep(data, row.expire_date)
        return data

    def save(self, must_create: bool = False) -> None:
        """Write the row, then the copy."""
        DatabaseStore.save(self, must_create)
        self._keep(self._session)

    async def aload(self) -> dict[str, Any]:
        """`load`, in a thread."""
        return await sync_to_async(self.load)()

    async def asave(self, must_create: bool = False) -> None:
        """`save`, in a thread."""
        await sync_to_async(self.save)(must_create)

    def _keep(self, data: dict[str, Any], expires_at: datetime | None = None) -> None:
        age_seconds = self.get_expiry_age(expiry=expires_at) if expires_at else self.get_expiry_age()
        self._cache.set(self.cache_key, data, min(age_seconds, CACHED_SECONDS))
