"""Causal tokens in Dramatiq messages: the worker sees what the sender of the message had seen and written."""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

import dramatiq

from sharding.consistency import causal, tokens

OPTION = "causal"

# A worker thread works on one message at a time, from before_process_message to its end.
_opened: ContextVar[AbstractContextManager[causal.Session] | None] = ContextVar(
    "message_session", default=None
)


class CausalMessages(dramatiq.Middleware):
    """Put the sender's token into a message, and open a session with it around the actor."""

    def before_enqueue(
        self, broker: dramatiq.Broker, message: dramatiq.Message[Any], delay: int | None
    ) -> None:
        token = tokens.merge(tokens.load(message.options.get(OPTION, "")), causal.current().token())
        if token:
            message.options[OPTION] = tokens.dump(token)

    def before_process_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        opened = causal.session(tokens.load(message.options.get(OPTION, "")))
        opened.__enter__()
        _opened.set(opened)

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        _close()

    def after_skip_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        _close()


def _close() -> None:
    opened = _opened.get()
    if opened is not None:
        _opened.set(None)
        opened.__exit__(None, None, None)
