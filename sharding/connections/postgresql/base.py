"""The database backend of every alias: Django's, with a circuit breaker for primaries that do not answer."""

import time
from typing import Any

from django.db.backends.postgresql import base

from sharding.connections import primaries


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, which asks `primaries.admit` before each connection and each statement."""

    # Probes find out whether a server answers: the breaker must let them through.
    is_probe = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; raises primaries.Silent at once while the primary is known to be silent."""
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
