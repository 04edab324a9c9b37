"""How many events of a project and of an issue are kept (pipeline 7)."""
