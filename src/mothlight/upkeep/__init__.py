"""What has to be done from time to time so that the stores hold what they should, and no more."""
