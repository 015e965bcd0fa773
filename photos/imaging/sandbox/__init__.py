"""Each photo is rendered in a process of its own: client, server, and what they send each other."""
