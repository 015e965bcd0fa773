from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0019_failures"),
    ]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="is_moving",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Has an animated rendition."
            ),
        ),
    ]
