"""The web process: any ASGI server on `flowbit.asgi:application`."""

import os

from channels.routing import ProtocolTypeRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowbit.settings")
application = ProtocolTypeRouter({"http": ASGIStaticFilesHandler(get_asgi_application())})
