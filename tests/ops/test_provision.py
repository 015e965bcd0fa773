"""Provisioning succeeds on a machine and in an image, and may be repeated."""

import io
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from ops.management.commands import provision

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def static_root(settings: Settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    return tmp_path


def cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Act as the image's user, who does not own the static files; the user of the tests may be root."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def static_step() -> str:
    output = io.StringIO()
    command = provision.Command(stdout=output)
    command.step("static files", provision.collect_static)
    return output.getvalue()


def test_what_the_image_has_collected_is_left_alone_and_reported(
    static_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (static_root / "staticfiles.json").write_text("{}")
    cannot_write(monkeypatch)
    assert "skipped: the image contains them" in static_step()
    assert [path.name for path in static_root.iterdir()] == ["staticfiles.json"]


def test_static_files_are_collected_where_that_is_possible(static_root: Path) -> None:
    (static_root / "staticfiles.json").write_text("{}")
    assert "skipped" not in static_step()
    assert (static_root / "css" / "base.css").exists()


def test_a_place_without_a_manifest_is_an_error_rather_than_a_site_without_style(
    static_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(provision, "call_command", lambda name, **options: called.append(name))
    cannot_write(monkeypatch)
    static_step()
    assert called == ["collectstatic"]


def test_the_admins_account_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    assert provision.ensure_admin() == "skipped: ADMIN_PASSWORD is not set"
    monkeypatch.setenv("ADMIN_PASSWORD", "secret")
    assert provision.ensure_admin() == "created"
    assert provision.ensure_admin() == "exists already"
    assert User.objects.get(username="admin").is_superuser


def test_provisioning_twice_changes_nothing(static_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "call_command", lambda name, **options: None)
    for _ in range(2):
        output = io.StringIO()
        call_command("provision", stdout=output)
        assert [line.split(":")[0] for line in output.getvalue().splitlines()] == [
            "databases",
            "static files",
            "admin account",
        ]
