"""First steps: from nothing to the first exception."""
