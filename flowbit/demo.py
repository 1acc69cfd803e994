"""Who may sign in to the demo, and its key. For one machine only; production never has them."""

# username, password, role; one without a group is an ordinary person
DEMO_USERS = [
    ("admin", "admin", "admin"),
    ("operator", "operator", "operator"),
    ("viewer", "viewer", "viewer"),
    ("person", "person", "person"),
]
# Whom requests on this machine act as by X-User-Id, or without any credential. A header never acts as somebody who
# can sign in, so this user has no password.
DEMO_USER = "demo"
DEMO_TENANTS = ["", "tenant-a"]
DEMO_TOKEN = "dev-admin-token"  # noqa: S105 - known to everybody, and meant to be
