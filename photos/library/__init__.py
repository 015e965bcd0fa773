"""What owners do with their photos: albums, captions, trash, quota, who sees them."""
