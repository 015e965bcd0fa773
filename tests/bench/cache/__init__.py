"""Benchmarks of the cache and the feed."""
