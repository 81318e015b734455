"""Every endpoint of the OpenAPI documents, called with generated requests against the embedded stack."""
