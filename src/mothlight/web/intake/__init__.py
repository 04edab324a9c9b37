"""What SDKs send events to."""
