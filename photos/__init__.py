"""The product: photos, and what people do with them."""
