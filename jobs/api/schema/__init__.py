"""The OpenAPI document: shapes of what goes in and out, and how views are described by them."""
