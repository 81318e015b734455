"""The neutral form of a message between KOOK and the platforms: markup tree, media, cutting, renderers."""
