"""What build machines run: finds symbol files, writes ids into scripts, and uploads to a server over its API."""
