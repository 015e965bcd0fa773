"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.decorators.cache import cache_control
from django.views.generic import RedirectView
from django.views.i18n import set_language

from config import crawlers, errors, pwa

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

# Browsers request this address for documents without a <link rel=icon>: JSON, a picture opened by itself.
favicon = cache_control(public=True, max_age=24 * 3600)(
    RedirectView.as_view(
        url=lazy(static, str)("img/favicon.ico")
    )  # lazy: static files may not be collected yet
)

urlpatterns = [
    path("favicon.ico", favicon),
    path("robots.txt", crawlers.robots),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("service-worker.js", pwa.service_worker, name="service-worker"),
    path("offline/", pwa.offline, name="offline"),
    path("language/", set_language, name="set_language"),  # for visitors without an account
    # The admin's own form does not limit attempts: staff sign in by the site's form, which does.
    path("admin/login/", secure_admin_login(admin.site.login)),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("photos.urls")),
]
