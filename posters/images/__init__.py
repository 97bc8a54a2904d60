"""Image files: downloaded, decoded, resized and hashed."""
