"""The web process: any ASGI server on `flowbit.asgi:application`."""

import os

from channels.routing import ProtocolTypeRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from jobs import auto_migrate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowbit.settings")
http = get_asgi_application()
auto_migrate.if_told()
application = ProtocolTypeRouter({"http": ASGIStaticFilesHandler(http)})
