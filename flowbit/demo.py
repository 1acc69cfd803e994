"""Who may sign in to the demo, and its key. For one machine only; production never has them."""

# username, password, role
DEMO_USERS = [
    ("admin", "admin", "admin"),
    ("operator", "operator", "operator"),
    ("viewer", "viewer", "viewer"),
    ("demo", "demo", "demo"),
]
DEMO_TOKEN = "dev-admin-token"  # noqa: S105 - known to everybody, and meant to be
