"""A small site over `tree_model`, for the tests of CausalMiddleware."""

from django.conf import settings
from django.contrib.auth import get_user_model, login, logout
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Template
from django.template.response import SimpleTemplateResponse
from django.urls import path

from sharding.consistency import causal
from tests.sharding.tree_model import Plant


class Reads:
    """Reads plants; fails on the aliases that a test puts into `failing`."""

    def __init__(self) -> None:
        self.failing: set[str] = set()

    def read(self, owner: int) -> list[str]:
        rows = Plant.objects.of(owner)
        if rows.db in self.failing:
            raise OperationalError(f"{rows.db} is gone\nreally")
        return list(rows.values_list("name", flat=True))


reads = Reads()


def index(request: HttpRequest, owner: int) -> JsonResponse:
    return JsonResponse({"plants": reads.read(owner), "aliases": sorted(causal.current().aliases_used)})


def late(request: HttpRequest, owner: int) -> SimpleTemplateResponse:
    """Reads only when the page is rendered."""

    class Page(SimpleTemplateResponse):
        @property
        def rendered_content(self) -> str:
            return Template("{{ plants }}").render(Context({"plants": reads.read(owner)}))

    return Page("unused")


def plant(request: HttpRequest, owner: int) -> HttpResponse:
    Plant.objects.create(owner_id=owner, name="fern")
    return HttpResponse(status=201)


def plant_and_read(request: HttpRequest, owner: int) -> HttpResponse:
    Plant.objects.create(owner_id=owner, name="fern")
    return HttpResponse(str(len(reads.read(owner + 1))))


def sign_up(request: HttpRequest) -> HttpResponse:
    user = get_user_model().objects.create_user("dora", "dora@example.com", "x" * 12)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return HttpResponse(str(user.pk))


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse()


def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("static-ish")


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("a bug")


urlpatterns = [
    path("<int:owner>/", index),
    path("<int:owner>/late/", late),
    path("<int:owner>/plant/", plant),
    path("<int:owner>/plant-and-read/", plant_and_read),
    path("sign-up/", sign_up),
    path("sign-out/", sign_out),
    path("whoami/", whoami),
    path("plain/", plain),
    path("broken/", broken),
]
