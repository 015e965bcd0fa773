"""`python -m ops.topology.bucket NAME ORIGIN`: the private bucket, into which pages of ORIGIN may upload.

A program of its own, because boto3 is large and needed once. The endpoint and keys come from AWS_* variables.
"""

import contextlib
import sys
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 8, "mode": "standard"})


def ensure(client: Any, name: str, origin: str) -> None:  # boto3 makes its classes at run time
    """Make the bucket when it is missing and set who may upload from a browser."""
    existing = (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists)
    with contextlib.suppress(*existing):
        client.create_bucket(Bucket=name)
    client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule(origin)]})


def rule(origin: str) -> dict[str, Any]:
    """The CORS rule for presigned uploads. `ETag` is exposed for uploads in parts."""
    return {
        "AllowedOrigins": [origin],
        "AllowedMethods": ["PUT", "POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }


if __name__ == "__main__":
    ensure(boto3.client("s3", config=CONFIG), sys.argv[1], sys.argv[2])
