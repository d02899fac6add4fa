"""The conversation core: questions in, answers out. Knows no chat platform."""
