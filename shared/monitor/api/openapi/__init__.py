"""What the OpenAPI document says of the monitor. Imported by the generator, never by a function."""
