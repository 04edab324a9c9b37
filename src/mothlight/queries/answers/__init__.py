"""One file for each kind of answer: `answer(question, store, metadata, project_id, now)`. All of them block."""
