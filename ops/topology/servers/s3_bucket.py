"""`python -m ops.topology.servers.s3_bucket NAME ORIGIN`: creates the private bucket; pages of ORIGIN may upload to it.

A program of its own, because boto3 takes half a second to load and is needed once. The endpoint and the keys come
from the AWS_* variables.
"""

import contextlib
import sys
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 8, "mode": "standard"})


def ensure(client: Any, name: str, origin: str) -> None:  # Any: boto3 makes its classes at run time
    """Create the bucket when it is missing, and let browsers on pages of `origin` upload to it."""
    existing = (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists)
    with contextlib.suppress(*existing):
        client.create_bucket(Bucket=name)
    client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [cors_rule(origin)]})


def cors_rule(origin: str) -> dict[str, Any]:
    """Return the CORS rule for presigned uploads. `ETag` is exposed for uploads in parts."""
    return {
        "AllowedOrigins": [origin],
        "AllowedMethods": ["PUT", "POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }


if __name__ == "__main__":
    ensure(boto3.client("s3", config=CONFIG), sys.argv[1], sys.argv[2])
