"""Every address of the web process."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import include, path

from dispatcher.api import urls as dispatcher
from flowbit import pages
from jobs.api import health

urlpatterns = [
    path("", pages.home, name="home"),
    path("login", views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("health", health.health, name="health"),
    path("api/v1/", include("jobs.api.urls")),
    path("api/v1/", include((dispatcher.shared, "dispatcher"), namespace="dispatcher-v1")),
    path("api/", include((dispatcher.short, "dispatcher"), namespace="dispatcher-api")),
    path("", include((dispatcher.short, "dispatcher"))),
]
handler404 = "jobs.api.errors.not_found"
handler500 = "jobs.api.errors.server_error"
