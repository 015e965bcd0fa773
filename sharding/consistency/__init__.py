"""What a reader may be told: causal tokens, the router, the outbox, the read-through cache."""
