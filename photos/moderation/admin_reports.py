"""The queue of reports in the admin, over all shards. Each decision needs a reason, which is logged."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from accounts import admin_reasons
from accounts.models import User
from photos.models import Comment, Photo, Report
from photos.moderation import reports
from photos.moderation.admin_lists import OnShards, ShardFilter, picture, shard_of
from photos.social import comments
from sharding.consistency import causal

# Django's classes take type arguments for the type checker only.
if TYPE_CHECKING:
    ReportModelAdmin = admin.ModelAdmin[Report]
else:
    ReportModelAdmin = admin.ModelAdmin

SHOWN = 200  # characters of a text
Decide = Callable[..., None]


class StateFilter(admin.SimpleListFilter):
    """The filter by state; without a choice the list shows open reports."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all states but OPEN, which is the list without a choice."""
        return [(value, label) for value, label in Report.State.choices if value != Report.State.OPEN]

    def choices(self, changelist: Any) -> Any:
        """Return the links of the filter; the first is OPEN."""
        first, *others = super().choices(changelist)
        return [{**first, "display": Report.State.OPEN.label}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        """Return the reports in the chosen state."""
        return queryset.filter(state=self.value() or Report.State.OPEN)


class ReportAdmin(OnShards, ReportModelAdmin):
    """The list of reports, newest first. Only decisions change a report."""

    model: type[Report]
    list_display = ("kind", "category", "preview", "texts", "about", "made_at", "outcome")
    list_per_page = 25  # a photo is looked up for each
    list_filter = (StateFilter, "category", "kind", ShardFilter)
    ordering = ("-id",)
    show_full_result_count = False
    change_list_template = "admin/photos/all_shards.html"
    actions = ["dismiss", "remove_photo", "delete_comment", "deactivate"]
    fields = readonly_fields = (
        "preview", "kind", "about", "excerpt", "category", "words", "reporter", "made_at",
        "state", "outcome", "reason", "staff_id", "closed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Return the reports of the chosen shard; without a choice `AllShards` asks each shard."""
        shard = shard_of(request)
        return Report.objects.on(shard).order_by("-pk") if shard else Report.objects.order_by("-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: reports are made on the site."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        """Return False: a decision is never deleted."""
        return False

    @admin.display(description="what")
    def preview(self, report: Report) -> str:
        """Return the photo, or a link to the person or the comment."""
        if report.kind == Report.Kind.PERSON:
            return person_link(report.owner_id)
        photo = Photo.objects.locate(report.photo_id or 0).first()
        if photo is None:
            return "gone"
        if report.kind == Report.Kind.PHOTO:
            return picture(photo, height=64)
        is_there = Comment.objects.locate(report.comment_id or 0).filter(deleted_at__isnull=True).exists()
        url = comments.address(photo, report.comment_id or 0)
        return format_html('<a href="{}">comment</a>', url) if is_there else "deleted"

    @admin.display(description="whose")
    def about(self, report: Report) -> str:
        """Return a link to the person who is reported, or whose photo or comment is."""
        return person_link(report.owner_id)

    @admin.display(description="words")
    def texts(self, report: Report) -> str:
        """Return the beginnings of the reported text and of the reporter's words."""
        return format_html("{}<br><em>{}</em>", report.excerpt[:SHOWN], report.words[:SHOWN])

    @admin.display
    def reporter(self, report: Report) -> str:
        """Return a link to the reporter."""
        return person_link(report.reporter_id) if report.reporter_id else "erased"

    @admin.action(description="Dismiss: nothing is wrong", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse | None:
        """Close the chosen reports."""
        return self._decide(request, "Dismiss", reports.dismiss)

    @admin.action(description="Remove the photo, for good", permissions=["change"])
    def remove_photo(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse | None:
        """Remove the photos that the chosen reports are about."""
        return self._decide(request, "Remove the photo", reports.remove_photo)

    @admin.action(description="Delete the comment", permissions=["change"])
    def delete_comment(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse | None:
        """Delete the comments that the chosen reports are about."""
        return self._decide(request, "Delete the comment", reports.delete_comment)

    def has_people_permission(self, request: HttpRequest) -> bool:
        """Return whether the staff member may deactivate people: the right to change users."""
        return isinstance(request.user, User) and request.user.has_perm("accounts.change_user")

    @admin.action(description="Deactivate the person", permissions=["people"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse | None:
        """Deactivate the people reported in the chosen reports."""
        return self._decide(request, "Deactivate the person", reports.deactivate)

    def _decide(self, request: HttpRequest, title: str, act: Decide) -> HttpResponse | None:
        """Ask for the reason; with one, act on each chosen report and log who did so and why."""
        with causal.pin():
            reports_or_none = [
                Report.objects.locate(int(pk)).first() for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)
            ]
        chosen = [report for report in reports_or_none if report is not None]
        reason = admin_reasons.confirmed_reason(request)
        if chosen and not reason:
            lines = {
                report.pk: f"{report} “{report.excerpt[:SHOWN]}” {report.words[:SHOWN]}" for report in chosen
            }
            says = "Every other report of the same thing is closed with it. Whose photo is removed is told the reason."
            return admin_reasons.ask(self, request, title=title, says=says, chosen=lines)
        done = sum(self._act(request, report, title, act, reason) for report in chosen)
        self.message_user(request, f"{title}: {done}.", messages.SUCCESS if done else messages.WARNING)
        return None

    def _act(self, request: HttpRequest, report: Report, title: str, act: Decide, reason: str) -> bool:
        try:
            act(report, staff_id=request.user.pk, reason=reason)
        except reports.NothingToActOn as error:
            self.message_user(request, f"{report}: {error}", messages.WARNING)
            return False
        self.log_change(request, report, f"{title}: {reason}")
        person = User.objects.filter(pk=report.owner_id)
        why = f"{title} (report {report.pk}, {report.subject}): {reason}"
        LogEntry.objects.log_actions(int(request.user.pk or 0), person, CHANGE, change_message=why)
        return True


def person_link(user_id: int) -> str:
    """Return a link to the person in the admin."""
    return format_html('<a href="/admin/accounts/user/{}/change/">{}</a>', user_id, user_id)
