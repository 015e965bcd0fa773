"""People in the admin."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from accounts.models import Follow, User

# Django's classes take type arguments for the type checker only.
if TYPE_CHECKING:
    FollowModelAdmin = admin.ModelAdmin[Follow]
    PersonModelAdmin = DjangoUserAdmin[User]
else:
    FollowModelAdmin, PersonModelAdmin = admin.ModelAdmin, DjangoUserAdmin


@admin.register(User)
class UserAdmin(PersonModelAdmin):
    """Found by name, mail address or id; the bucket shows where their photos are."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("name", "email", "bio")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("username", "name", "email", "is_active", "is_staff", "date_joined")
    search_fields = ("=id", "username", "name", "email")
    show_full_result_count = False


@admin.register(Follow)
class FollowAdmin(FollowModelAdmin):
    """Who follows whom."""

    list_display = ("follower", "followee", "created_at")
    list_select_related = ("follower", "followee")
    raw_id_fields = ("follower", "followee")
    search_fields = ("=follower__username", "=followee__username")
    show_full_result_count = False
