"""The process that photos are forked from, made before the first one comes."""

import dramatiq

from photos.imaging.sandbox import client as sandbox


class WarmSandbox(dramatiq.Middleware):
    """Starts and stops the sandbox with its worker."""

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Import the image modules once, ahead of the first photo."""
        sandbox.start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """End the warm process."""
        sandbox.stop()
