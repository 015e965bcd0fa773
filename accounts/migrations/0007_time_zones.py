"""Adds the time zones of mails: of a person's browser, and of an erasure's receipt. Names the username for errors."""

import django.core.validators
from django.db import migrations, models

BROWSER = "The time zone of their browser when they last signed in: for mails."
RECEIPT = "The time zone of the receipt."


def zone(help_text):
    return models.CharField(blank=True, db_default="", default="", help_text=help_text, max_length=64)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_languages")]

    operations = [
        migrations.AddField(model_name="user", name="browser_zone", field=zone(BROWSER)),
        migrations.AddField(model_name="erasure", name="zone", field=zone(RECEIPT)),
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                max_length=30,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z0-9](?:[a-z0-9_.]{0,28}[a-z0-9_])?\\Z",
                        "Use 2 to 30 letters, digits, dots or underscores, starting with a letter or digit.",
                    )
                ],
                verbose_name="username",
            ),
        ),
    ]
