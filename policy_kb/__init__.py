"""The policies: clauses, topics, rulings, and understanding a question. Knows nothing of chat, people or storage."""
