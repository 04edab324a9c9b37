"""Property filters (api 6): one table of operators, checked when a filter is read, compiled to SQL for queries."""
