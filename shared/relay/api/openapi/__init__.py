"""What the OpenAPI document says of the relay's control API. Imported by the generator, never by a function."""
