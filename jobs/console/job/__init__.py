"""The jobs: the list, and one job on a page or in the drawer."""
