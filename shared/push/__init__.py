"""Live push: WebSocket connections, the topics they listen to, and what is sent to them. Knows no area."""
