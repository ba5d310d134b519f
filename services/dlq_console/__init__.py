"""A console for dead letters in the browser."""
