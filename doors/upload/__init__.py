"""An upload to the bucket, on AWS."""
