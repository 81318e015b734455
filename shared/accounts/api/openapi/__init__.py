"""The accounts API's routes, declared for the OpenAPI document. Only the generator imports this."""
