from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0018_recipes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("replied", "Answered your comment"),
                    ("mentioned", "Mentioned you"),
                    ("commented", "Commented on your photo"),
                    ("liked", "Likes your photo"),
                    ("followed", "Follows you"),
                    ("failed", "Photos could not be shown"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                condition=models.Q(("state", "failed"), ("trashed_at__isnull", True)),
                fields=["owner_id", "-id"],
                name="photo_failed",
            ),
        ),
    ]
