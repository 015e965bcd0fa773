"""Adds the languages of people: chosen, asked for by their browser, of an erasure's receipt."""

from django.db import migrations, models

CHOSEN = "As they chose; nothing: as their browser says."
BROWSER = "What their browser asked for when they last signed in: for mails."
RECEIPT = "Of the receipt."


def language(help_text):
    return models.CharField(blank=True, db_default="", default="", help_text=help_text, max_length=12)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_popular_people")]

    operations = [
        migrations.AddField(model_name="user", name="language", field=language(CHOSEN)),
        migrations.AddField(model_name="user", name="browser_language", field=language(BROWSER)),
        migrations.AddField(model_name="erasure", name="language", field=language(RECEIPT)),
    ]
