"""The robots API in the OpenAPI document. Only the generator imports it."""
