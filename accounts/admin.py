"""The admin of people, follows, erasures, and of the admin's own log."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import admin_reasons, erasures
from accounts.models import Erasure, Follow, User

# Django's classes take type arguments for the type checker only.
if TYPE_CHECKING:
    FollowModelAdmin = admin.ModelAdmin[Follow]
    ErasureModelAdmin = admin.ModelAdmin[Erasure]
    LogModelAdmin = admin.ModelAdmin[LogEntry]
    PersonModelAdmin = DjangoUserAdmin[User]
else:
    FollowModelAdmin = ErasureModelAdmin = LogModelAdmin = admin.ModelAdmin
    PersonModelAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(PersonModelAdmin):
    """The list of people, searched by name, mail address or id.

    The admin never deletes a user row: that would leave the photos on a shard and in S3 without an owner. The staff
    deactivates an account, or has it erased with all its data.
    """

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("name", "email", "bio")}),
        (
            "Permissions",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
                "description": "Who is not active cannot sign in, and their pages are gone for everybody. "
                "Whoever has noted the address of a public picture goes on getting that, unless somebody decides "
                "on a report to deactivate them: then these addresses lead nowhere, too. "
                "Nobody is deleted here: their photos live on a shard and in S3, and would stay there. "
                "To erase somebody with everything of theirs, choose it in the list.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("username", "name", "email", "is_active", "is_staff", "date_joined")
    search_fields = ("=id", "username", "name", "email")
    show_full_result_count = False
    actions = ("deactivate", "erase")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False: see the class."""
        return False

    @admin.action(description="Deactivate (sign out, hide their pages)", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Deactivate the chosen people, but never the acting member of staff. Ticking “active” undoes it."""
        chosen = list(people.exclude(username=request.user.get_username()))
        reason = admin_reasons.confirmed_reason(request)
        if chosen and not reason:
            says = (
                "They are signed out, and their pages are gone for everybody, until somebody ticks “active” again. "
                "Addresses of public pictures that somebody has noted go on working; decide on a report to end these."
            )
            return admin_reasons.ask(self, request, title="Deactivate", says=says, chosen=_lines(chosen))
        for person in chosen:
            User.objects.filter(pk=person.pk).update(is_active=False)
            self.log_change(request, person, f"Deactivated: {reason}")
        self.message_user(request, f"Deactivated: {len(chosen)}.", messages.SUCCESS)
        return None

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Return whether the staff member may erase people: the right to delete users."""
        return isinstance(request.user, User) and request.user.has_perm("accounts.delete_user")

    @admin.action(description="Erase for good, with everything of theirs", permissions=["erase"])
    def erase(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Ask for the reason, then request the erasure of each chosen person without admin rights."""
        reason = admin_reasons.confirmed_reason(request)
        chosen = list(people.filter(is_staff=False, is_superuser=False))
        if not chosen:
            self.message_user(request, "Nobody: the staff loses its rights first.", messages.ERROR)
            return None
        if not reason:
            says = "They are erased with everything of theirs: photos, likes, comments. Nobody can bring it back."
            return admin_reasons.ask(self, request, title="Erase for good", says=says, chosen=_lines(chosen))
        for person in chosen:
            erasure = erasures.request(person.pk, staff_id=request.user.pk)
            self.log_change(request, person, f"Erasure {erasure.reference}: {reason}")
        self.message_user(request, f"Being erased: {len(chosen)}.", messages.SUCCESS)
        return None


def _lines(people: list[User]) -> dict[int, str]:
    return {
        person.pk: f"@{person.username} (number {person.pk}, here since {person.date_joined:%d %B %Y})"
        for person in people
    }


class ReadOnly:
    """A ModelAdmin mixin for rows that are not added, changed or deleted in the admin."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False


@admin.register(Erasure)
class ErasureAdmin(ReadOnly, ErasureModelAdmin):
    """Erasures and their receipts, which the action `erase` of the list of people requests."""

    list_display = ("reference", "user_id", "staff_id", "requested_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    search_fields = ("=reference", "=user_id")
    ordering = ("-pk",)
    show_full_result_count = False


@admin.register(Follow)
class FollowAdmin(FollowModelAdmin):
    """The list of follows."""

    list_display = ("follower", "followee", "created_at")
    list_select_related = ("follower", "followee")
    raw_id_fields = ("follower", "followee")
    search_fields = ("=follower__username", "=followee__username")
    show_full_result_count = False


@admin.register(LogEntry)
class LogAdmin(ReadOnly, LogModelAdmin):
    """The log of what the staff did and why, latest first, which the admin's actions write."""

    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_filter = ("content_type",)
    list_select_related = ("user", "content_type")
    search_fields = ("=object_id", "object_repr", "change_message", "=user__username")
    show_full_result_count = False
