"""Since when somebody has more followers than photos are written to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_avoidance")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="popular_since",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="More followers than are written to; their feeds ask.",
                null=True,
            ),
        ),
    ]
