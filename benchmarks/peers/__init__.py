"""Other Python job queues and Flowbit on the same work; see README.md beside this file."""
