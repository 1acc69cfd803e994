"""Plain English to typed jobs: providers, the schema that they fill, services, API."""
