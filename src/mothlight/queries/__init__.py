"""One question's way: a typed question, its dates and search text read, SQL for the event store, a typed answer."""
