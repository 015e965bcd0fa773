"""Dead letters: jobs that failed for the last time. In the directory, so that a lost queue does not lose them."""

from typing import Any

from django.db import models


class DeadLetter(models.Model):
    """A queue message that failed for the last time, with what an operator needs to understand it or send it again."""

    message_id = models.CharField(max_length=64, unique=True)
    queue = models.CharField(max_length=40)
    actor = models.CharField(max_length=100)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    error_class = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)
    traceback = models.TextField(blank=True)
    attempts = models.PositiveIntegerField()
    pod = models.CharField(max_length=60)
    sent_at = models.DateTimeField()
    died_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["actor", "error_class"], name="dead_letter_by_class")]

    def __str__(self) -> str:
        return f"{self.actor}{tuple(self.args)}: {self.error_class}"

    def options(self) -> dict[str, Any]:
        """Return the options that a new message takes over from the old one."""
        return {"request_id": self.request_id} if self.request_id else {}
