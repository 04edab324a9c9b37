"""Large pieces of data with a key: the files of symbol sets. In a folder, or in an S3-compatible store."""
