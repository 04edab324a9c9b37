"""The change journal of a project, and taking changes back."""
