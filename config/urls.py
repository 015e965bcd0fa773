"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from config import errors

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("photos.urls")),
]
