"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from jobs.api import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("health", health.health, name="health"),
    path("api/v1/", include("jobs.api.urls")),
]
handler404 = "jobs.api.errors.not_found"
handler500 = "jobs.api.errors.server_error"
