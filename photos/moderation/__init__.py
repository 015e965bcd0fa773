"""Reports of photos, comments and people, and the admin's lists over all shards."""
