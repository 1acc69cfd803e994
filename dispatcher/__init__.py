"""Plain English to typed jobs. Its place; it comes with its own release."""
