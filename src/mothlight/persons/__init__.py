"""Who the users of the observed applications are: identifying, aliases, merges and properties (ingest 16)."""
