"""The relay's control API (contract "relay"): one blueprint for each noun, joined by ``application``."""
