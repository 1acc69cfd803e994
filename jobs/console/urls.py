"""Addresses of the console's pages that are no table of the admin; they stand before the admin's own."""

from django.urls import path

from jobs.console.overview import OverviewPage

urlpatterns = [
    path("", OverviewPage.as_view(), name="console-overview"),
]
