"""What SDKs load and ask for besides sending events: remote config, flags, scripts."""
