"""Metadata of images: what the camera wrote, the place, and the credit that files carry."""
