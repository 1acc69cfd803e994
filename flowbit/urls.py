"""Every address of the web process."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from dispatcher.api import urls as dispatcher
from flowbit import pages
from jobs.api import health, prometheus
from jobs.api.schema.served import SchemaView
from jobs.live import sse

admin.autodiscover()
urlpatterns = [
    path("", pages.home, name="home"),
    path("login", views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", views.LogoutView.as_view(), name="logout"),
    path("admin/", include("jobs.console.urls")),
    path("", include("dispatcher.console.urls")),
    path("admin/", admin.site.urls),
    path("health", health.HealthView.as_view(), name="health"),
    path("healthz", health.HealthView.as_view(), name="healthz"),
    path("readyz", health.HealthView.as_view(), name="readyz"),
    path("health/db", health.DatabaseView.as_view(), name="health-db"),
    path("health/redis", health.RedisView.as_view(), name="health-redis"),
    path("metrics", prometheus.PrometheusView.as_view(), name="metrics"),
    path("api/v1/", include("jobs.api.urls")),
    path("sse/events", sse.events, name="sse-events"),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include((dispatcher.shared, "dispatcher"), namespace="dispatcher-v1")),
    path("api/", include((dispatcher.short, "dispatcher"), namespace="dispatcher-api")),
    path("", include((dispatcher.short, "dispatcher"))),
]
handler404 = "jobs.api.errors.not_found"
handler500 = "jobs.api.errors.server_error"
