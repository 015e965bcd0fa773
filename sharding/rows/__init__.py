"""Where a row lives: ids, buckets, ownership, and the managers that refuse to guess a shard."""
