"""`manage.py provision`: prepares databases, static files and the admin account before pods start."""

import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.models import User
from sharding.consistency import causal

ADMIN = "admin"


class Command(BaseCommand):
    """Migrates the directory and all shards, collects static files, creates the admin account. Repeatable."""

    help = "Migrate all databases, collect static files and create the admin account if it is missing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps in order, one line each."""
        self.step("databases", lambda: call_command("migrate_all", verbosity=0))
        self.step("static files", collect_static)
        self.step("admin account", ensure_admin)

    def step(self, name: str, act: Any) -> None:
        """Run one step and print how long it took."""
        started = time.perf_counter()
        outcome = act()
        detail = f" ({outcome})" if isinstance(outcome, str) and outcome else ""
        self.stdout.write(f"{name}: done in {time.perf_counter() - started:.1f} s{detail}")


def collect_static() -> str:
    """Collect static files, unless the image contains them in a folder that this user cannot write; return a note."""
    root = Path(settings.STATIC_ROOT)
    if (root / "staticfiles.json").exists() and not os.access(root, os.W_OK):
        return "skipped: the image contains them, in a folder that cannot be written to"
    call_command("collectstatic", interactive=False, verbosity=0)
    return ""


def ensure_admin() -> str:
    """Create the account `admin` with the password ADMIN_PASSWORD if there is none; return what was done."""
    password = os.environ.get("ADMIN_PASSWORD", "")
    with causal.pin():
        if User.objects.filter(username=ADMIN).exists():
            return "exists already"
    if not password:
        return "skipped: ADMIN_PASSWORD is not set"
    User.objects.create_superuser(ADMIN, "admin@tessera.example", password)
    return "created"
