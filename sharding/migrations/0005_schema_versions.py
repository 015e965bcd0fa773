"""What each database was brought to, by which release: written by `migrate_all`."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharding", "0004_directory_outbox")]

    operations = [
        migrations.CreateModel(
            name="SchemaVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("database", models.CharField(help_text="Alias of a primary.", max_length=63)),
                ("release", models.CharField(max_length=100)),
                ("leaves", models.JSONField(help_text="The last migration of each app.")),
                ("applied", models.PositiveIntegerField(help_text="How many migrations it took.")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["database", "-id"], name="schema_version_latest")],
            },
        ),
    ]
