"""Rows: `Report`, a reader's complaint about a person, a photo or a comment, and what moderators decided.

A report is on the shard of the person it is about, wherever the photo or comment is. It keeps an excerpt, because the
author may change or delete the text.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import admin_reasons
from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel

MAX_WORDS = 1_000


class Category(models.TextChoices):
    """What the reporter finds wrong."""

    SPAM = "spam", _("Spam or a fraud")
    HARASSMENT = "harassment", _("Harassment or bullying")
    HATE = "hate", _("Hatred against a group of people")
    NUDITY = "nudity", _("Nudity or sexual content")
    CHILDREN = "children", _("It endangers a child")
    VIOLENCE = "violence", _("Violence or threats")
    SELF_HARM = "self_harm", _("Self-harm or suicide")
    PRIVACY = "privacy", _("It shows me or mine without consent")
    COPYRIGHT = "copyright", _("It is my work, or somebody else's")
    OTHER = "other", _("Something else")


class Report(OwnedModel):
    """A report; its `owner_id` is the reported person. Each reporter has one report about one thing."""

    class Kind(models.TextChoices):
        """The kind of thing reported."""

        PERSON = "person", "Person"
        PHOTO = "photo", "Photo"
        COMMENT = "comment", "Comment"

    class State(models.TextChoices):
        """What moderators decided."""

        OPEN = "open", "Waiting"
        DISMISSED = "dismissed", "Dismissed"
        ACTED = "acted", "Acted upon"

    kind = models.CharField(max_length=8, choices=Kind)
    photo_id = models.BigIntegerField(null=True)
    comment_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=40, help_text="What it is about: told apart by this.")
    excerpt = models.TextField(blank=True, help_text="What there was to be read.")
    reporter_id = models.BigIntegerField(null=True, help_text="Nobody's once that account is erased.")
    category = models.CharField(max_length=12, choices=Category)
    words = models.CharField(max_length=MAX_WORDS, blank=True)
    made_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=60, blank=True, help_text="What was done.")
    reason = models.CharField(max_length=admin_reasons.MAX_LENGTH, blank=True)
    staff_id = models.BigIntegerField(null=True, help_text="Who decided.")
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[ShardedManager["Report"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "subject", "reporter_id"], name="report_once"),
        ]
        indexes = [
            models.Index(fields=["-id"], name="report_waiting", condition=models.Q(state="open")),
            models.Index(fields=["reporter_id"], name="report_by_reporter"),  # to erase an account
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.owner_id}: {self.get_category_display()}"
