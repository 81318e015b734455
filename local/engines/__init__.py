"""The state engines of the embedded stack: how to get them, start them and keep them up."""
