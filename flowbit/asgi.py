"""The web process: any ASGI server on `flowbit.asgi:application`."""

import os
from importlib import import_module

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from flowbit.body_limit import BodyLimit
from flowbit.garbage import look_seldom, spare_collections
from flowbit.handler import OneThread, StaticFiles
from flowbit.logs import hide_queries
from jobs import auto_migrate
from jobs.conf import options

FORM = 1024 * 1024
"""Bytes that a multipart form may have around its file."""
LONGEST_BATCH = 32 * 1024 * 1024

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowbit.settings")
look_seldom()
django.setup(set_prefix=False)
http = OneThread()
auto_migrate.if_told()
limited = BodyLimit(StaticFiles(http), max(options().max_artifact + FORM, LONGEST_BATCH))
# Only now, for it needs Django to be set up.
sockets = import_module("jobs.live.routing").websocket_urlpatterns
import_module(settings.ROOT_URLCONF)  # or the first request would wait for it
hide_queries()
spare_collections()
application = ProtocolTypeRouter({"http": limited, "websocket": URLRouter(sockets)})
