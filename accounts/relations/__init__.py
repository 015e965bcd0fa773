"""What people are to each other: follows, blocks, mutes, and the caches that pages read of them."""
