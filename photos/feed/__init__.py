"""Photos of many owners: the home feed, timelines, explore, what is popular."""
