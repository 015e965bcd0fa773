from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0017_told_apart"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                condition=models.Q(("state", "ready")),
                fields=["recipe_version", "id"],
                name="photo_by_recipe",
            ),
        ),
    ]
