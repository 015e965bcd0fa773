"""What a page shows of a photo: cards, camera facts, sentences about what is missing."""
