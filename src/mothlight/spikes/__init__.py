"""Issues that suddenly have many more events than usual (pipeline 8)."""
