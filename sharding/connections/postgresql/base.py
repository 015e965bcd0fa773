"""The database backend of every alias: it asks nothing of a primary that does not answer."""

import time
from typing import Any

from django.db.backends.postgresql import base

from sharding.connections import primaries


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with a breaker before each connection and each statement."""

    # Whoever finds out whether a server answers must not be told that it does not.
    is_probe = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; raises primaries.Silent at once instead of after a time-out that somebody else has waited for."""
        self._ask_to_be_admitted()
        began = time.monotonic()
        try:
            return super().get_new_connection(conn_params)
        except self.Database.Error:
            if not self.is_probe and time.monotonic() - began >= primaries.ANSWER_SECONDS:
                primaries.note_silence(self.alias)
            raise

    def _cursor(self, name: str | None = None) -> Any:
        self._ask_to_be_admitted()
        return super()._cursor(name)  # type: ignore[misc]  # the stubs know only the public half

    def _ask_to_be_admitted(self) -> None:
        if not self.is_probe:
            primaries.admit(self.alias)
