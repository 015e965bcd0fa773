"""People in the admin."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Follow, User

# Django's classes take type arguments for the type checker only.
if TYPE_CHECKING:
    FollowModelAdmin = admin.ModelAdmin[Follow]
    PersonModelAdmin = DjangoUserAdmin[User]
else:
    FollowModelAdmin, PersonModelAdmin = admin.ModelAdmin, DjangoUserAdmin


@admin.register(User)
class UserAdmin(PersonModelAdmin):
    """Found by name, mail address or id.

    People are deactivated, never deleted here: a row that is gone from the directory would leave its photos behind on
    a shard and in S3, where nobody could find them any more.
    """

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("name", "email", "bio")}),
        (
            "Permissions",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
                "description": "Who is not active cannot sign in, and their pages are gone for everybody. "
                "People cannot be deleted here: their photos live on a shard and in S3, and would stay there.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("username", "name", "email", "is_active", "is_staff", "date_joined")
    search_fields = ("=id", "username", "name", "email")
    show_full_result_count = False
    actions = ("deactivate",)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody deletes people here, see above."""
        return False

    @admin.action(description="Deactivate (sign out, hide their pages)", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Keep people out and their pages away, all but whoever asks for it; undone by a tick on each person's page."""
        count = people.exclude(username=request.user.get_username()).update(is_active=False)
        self.message_user(request, f"Deactivated: {count}.", messages.SUCCESS)


@admin.register(Follow)
class FollowAdmin(FollowModelAdmin):
    """Who follows whom."""

    list_display = ("follower", "followee", "created_at")
    list_select_related = ("follower", "followee")
    raw_id_fields = ("follower", "followee")
    search_fields = ("=follower__username", "=followee__username")
    show_full_result_count = False
