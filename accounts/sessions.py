"""The session store: rows in the directory, with a copy in Valkey for CACHED_SECONDS at most.

Sign-out deletes row and copy. A Valkey that does not answer at that moment keeps its copy, which undoes the sign-out
once Valkey is back, but only until the copy expires.
"""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedStore
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils import timezone

from sharding.consistency import causal

CACHED_SECONDS = 60


class SessionStore(CachedStore):
    """Django's `cached_db`, with copies that expire after CACHED_SECONDS instead of with the session."""

    cache_key_prefix = "accounts.sessions"
    # Attributes of Django's store that its type stubs leave out.
    _cache: Any
    _session: dict[str, Any]
    _get_session_from_db: Any

    def load(self) -> dict[str, Any]:
        """Return the data of the session; {} when it does not exist or has expired."""
        data: dict[str, Any] | None = self._cache.get(self.cache_key)
        if data is not None:
            return data
        row = self._find_row()
        if row is None:
            return {}
        data = self.decode(row.session_data)
        self._keep(data, row.expire_date)
        return data

    def save(self, must_create: bool = False) -> None:
        """Write the row, then the copy in Valkey."""
        DatabaseStore.save(self, must_create)
        self._keep(self._session)

    async def aload(self) -> dict[str, Any]:
        """`load`, in a thread."""
        return await sync_to_async(self.load)()

    async def asave(self, must_create: bool = False) -> None:
        """`save`, in a thread."""
        await sync_to_async(self.save)(must_create)

    def _find_row(self) -> Any:
        """Return the row from the primary, because a replica may still have a row that a sign-out has deleted.

        While the primary does not answer, read a replica: no sign-out can have happened since.
        """
        try:
            with causal.pin("default"):
                return self._get_session_from_db()
        except (OperationalError, InterfaceError):
            replicas = settings.REPLICAS.get("default", ())
            for alias in replicas[:-1]:
                with contextlib.suppress(OperationalError, InterfaceError):
                    return self._row_on(alias)
            if not replicas:
                raise
            return self._row_on(replicas[-1])

    def _row_on(self, alias: str) -> Any:
        rows = self.model.objects.using(alias)
        return rows.filter(session_key=self.session_key, expire_date__gt=timezone.now()).first()

    def _keep(self, data: dict[str, Any], expires_at: datetime | None = None) -> None:
        age_seconds = self.get_expiry_age(expiry=expires_at) if expires_at else self.get_expiry_age()
        self._cache.set(self.cache_key, data, min(age_seconds, CACHED_SECONDS))


def find_user_id(request: HttpRequest) -> int | None:
    """Return the id of the signed-in user, or None; up to CACHED_SECONDS old, without reading the user's row.

    For frequent requests that reveal little, such as polling.
    """
    user_id, name = request.session.get(SESSION_KEY), f"accounts.entered:{request.session.session_key}"
    if user_id is None:
        return None
    if cache.get(name) != user_id:
        if not request.user.is_authenticated:  # the password has changed, or the user was deactivated
            return None
        cache.set(name, user_id, CACHED_SECONDS)
    return int(user_id)


def keys_of_user(user_id: int) -> Iterator[str]:
    """Yield the session keys of a user. The user's id is inside the session data, so this reads all sessions."""
    store = SessionStore()
    rows = Session.objects.values_list("session_key", "session_data")
    for key, data in rows.iterator(chunk_size=1000):
        if store.decode(data).get(SESSION_KEY) == str(user_id):
            yield key


def end_all(user_id: int) -> int:
    """Delete the sessions of a user, rows and copies; return how many there were."""
    keys = list(keys_of_user(user_id))
    for key in keys:
        SessionStore(key).delete()
    return len(keys)
