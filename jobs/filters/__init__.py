"""What somebody asks a list for, as text: the same words in the API, the console, and operations on many."""
