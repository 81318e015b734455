"""KOOK's WebSocket gateway as a protocol: what to send and when, without a socket, a clock or a thread in it."""
