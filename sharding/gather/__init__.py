"""One list over many shards: all asked at once, merged, with a deadline."""
