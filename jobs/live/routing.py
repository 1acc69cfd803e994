"""Addresses of the WebSockets."""

from typing import Any

from django.urls import path, re_path

from jobs.live import sockets

# Channels calls ASGI applications where Django would call views.
_own: Any = sockets.stream(own=True)
_events: Any = sockets.stream(own=False)
_nowhere: Any = sockets.nowhere
websocket_urlpatterns = [path("ws", _own), path("ws/events", _events), re_path("", _nowhere)]
