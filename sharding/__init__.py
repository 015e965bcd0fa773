"""The data tier: knows shards, replicas and buckets, and nothing of photos."""
