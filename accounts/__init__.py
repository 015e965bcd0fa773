"""People: users, signing in, sessions, and what people are to each other."""
