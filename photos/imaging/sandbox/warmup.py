"""Start the sandbox with its worker, before the first photo comes.

config.broker imports this module before any model, so nothing here may import one.
"""

import dramatiq

from photos.imaging.sandbox import client as sandbox


class WarmSandbox(dramatiq.Middleware):
    """Starts the sandbox's server when a worker boots, and stops it when the worker shuts down."""

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start the server, which imports the image modules once."""
        sandbox.start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """End the server."""
        sandbox.stop()
