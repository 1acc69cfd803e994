#!/usr/bin/env python
"""Django's command line for Flowbit."""

import os
import sys

from django.core.management import execute_from_command_line

from flowbit.garbage import look_seldom

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowbit.settings")
    look_seldom()
    execute_from_command_line(sys.argv)
