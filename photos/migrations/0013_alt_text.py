from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("photos", "0012_acts")]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="alt",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="What there is to see, for who cannot see it.",
                max_length=1000,
            ),
        ),
    ]
