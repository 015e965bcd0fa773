"""A photo's files outside the database: keys, the S3 store, addresses at the edge, purging, moving."""
