"""Jobs: their addresses and verbs. The pages under these addresses are the console's (`jobs.console.urls`)."""

from django.contrib import admin
from django.http import HttpRequest

from jobs.admin.verbs import VerbAdmin
from jobs.console.job.verbs import VERBS
from jobs.models import Job
from jobs.services import access


@admin.register(Job)
class JobAdmin(VerbAdmin):
    verbs = VERBS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(access.SUBMIT_JOB)
