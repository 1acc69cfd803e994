"""The form for a new job: made of its handler, checked while it is filled in, sent as the API takes it."""
