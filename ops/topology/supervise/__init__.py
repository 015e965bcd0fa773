"""Keeping a site running: components, restarts, failover, growth, and what the operator sees."""
