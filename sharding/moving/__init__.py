"""Buckets that change their shard while people use them."""
