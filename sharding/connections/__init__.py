"""Which server may be asked: replicas that caught up, silent primaries, deadlines."""
