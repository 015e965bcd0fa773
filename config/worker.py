"""What `dramatiq config.worker` loads: Django, then every app's actors."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import dramatiq  # noqa: E402 - the broker is declared by django.setup()
from django.utils.module_loading import autodiscover_modules  # noqa: E402

autodiscover_modules("tasks")
broker = dramatiq.get_broker()
