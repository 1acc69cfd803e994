"""What people may ask for in plain English, and the job that each sentence means.

Written before the parser, and not changed to please it. All of them are read against the same handlers, the built-in
ones. `SOME` stands where the sentence leaves a required value open: any value that the handler takes will do.
"""

from typing import Any, NamedTuple


class Some:
    """Equal to whatever is there."""

    def __eq__(self, other: object) -> bool:
        return other is not None

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "SOME"


SOME: Any = Some()


class Sentence(NamedTuple):
    text: str
    type: str
    payload: dict[str, Any]


ECHO = [
    Sentence("echo hello world", "echo", {"message": "hello world"}),
    Sentence('echo "good morning"', "echo", {"message": "good morning"}),
    Sentence("Please echo back the words 'ready to go'", "echo", {"message": "ready to go"}),
    Sentence("echo ping after 500 ms", "echo", {"message": "ping", "delay_ms": 500}),
    Sentence("echo with count=3 and colour=red", "echo", {"count": 3, "colour": "red"}),
    Sentence("what is the weather like today", "echo", {"message": "what is the weather like today"}),
    Sentence("Return the payload: it works", "echo", {"message": "it works"}),
]

FAIL = [
    Sentence("fail", "fail", {}),
    Sentence("fail twice, then succeed", "fail", {"fail_times": 2}),
    Sentence(
        'make a job that fails 3 times with the message "disk full"', "fail", {"fail_times": 3, "message": "disk full"}
    ),
    Sentence("fail with message 'no route to host'", "fail", {"message": "no route to host"}),
    Sentence("I want a failure for the chaos drill, it should fail once", "fail", {"fail_times": 1}),
    Sentence("raise an error saying database is locked", "fail", {"message": "database is locked"}),
]

EMAIL = [
    Sentence(
        "send an email to bob@example.com about tomorrow's launch",
        "email.send",
        {"recipient": "bob@example.com", "subject": "tomorrow's launch"},
    ),
    Sentence(
        "Email ops@example.com with subject 'Disk full' and body 'Please look at host 7'",
        "email.send",
        {"recipient": "ops@example.com", "subject": "Disk full", "body": "Please look at host 7"},
    ),
    Sentence(
        "mail carol.smith+news@mail.example.co.uk saying the report is ready",
        "email.send",
        {"recipient": "carol.smith+news@mail.example.co.uk", "body": "the report is ready"},
    ),
    Sentence(
        'Send "See you at noon" to dave@example.org',
        "email.send",
        {"recipient": "dave@example.org", "body": "See you at noon"},
    ),
    Sentence("shoot an e-mail over to eve@example.net", "email.send", {"recipient": "eve@example.net"}),
    Sentence(
        "write to frank@example.com about the invoice",
        "email.send",
        {"recipient": "frank@example.com", "subject": "the invoice"},
    ),
    Sentence(
        "Please send grace@example.com an email, subject: Lunch on Friday",
        "email.send",
        {"recipient": "grace@example.com", "subject": "Lunch on Friday"},
    ),
    Sentence(
        "send a message to heidi@example.com regarding the outage, saying we are back online",
        "email.send",
        {"recipient": "heidi@example.com", "subject": "the outage", "body": "we are back online"},
    ),
    Sentence(
        "could you email ivan@example.com that the deployment has finished?",
        "email.send",
        {"recipient": "ivan@example.com", "body": "the deployment has finished"},
    ),
    Sentence(
        "tell judy@example.com about the new https://example.com/docs page",
        "email.send",
        {"recipient": "judy@example.com", "subject": "the new https://example.com/docs page"},
    ),
    Sentence("EMAIL MALLORY@EXAMPLE.COM", "email.send", {"recipient": "MALLORY@EXAMPLE.COM"}),
]

WEBHOOK = [
    Sentence(
        "post a webhook to https://hooks.example.com/build",
        "webhook.dispatch",
        {"url": "https://hooks.example.com/build"},
    ),
    Sentence(
        "Call the webhook https://example.com/in with event order.paid",
        "webhook.dispatch",
        {"url": "https://example.com/in", "event": "order.paid"},
    ),
    Sentence(
        "dispatch a webhook to http://api.example.org/x?y=1 for event user.created",
        "webhook.dispatch",
        {"url": "http://api.example.org/x?y=1", "event": "user.created"},
    ),
    Sentence(
        'POST {"id": 7, "ok": true} to https://example.com/api/orders.',
        "webhook.dispatch",
        {"url": "https://example.com/api/orders", "body": {"id": 7, "ok": True}},
    ),
    Sentence(
        "trigger webhook https://ci.example.com/hook with secret s3cr3t and event=deploy.done",
        "webhook.dispatch",
        {"url": "https://ci.example.com/hook", "secret": "s3cr3t", "event": "deploy.done"},
    ),
    Sentence(
        'notify https://example.com/hooks/42 by webhook, the body is "it is done"',
        "webhook.dispatch",
        {"url": "https://example.com/hooks/42", "body": "it is done"},
    ),
]

INGEST = [
    Sentence(
        "ingest the file https://example.com/data/report.csv as sales-2024",
        "file.ingest",
        {"file_id": "sales-2024", "source": "https://example.com/data/report.csv"},
    ),
    Sentence(
        "Ingest https://example.com/cat.png",
        "file.ingest",
        {"file_id": SOME, "source": "https://example.com/cat.png"},
    ),
    Sentence(
        "fetch the file at https://cdn.example.com/a/b.zip and store it with file id bundle_1",
        "file.ingest",
        {"file_id": "bundle_1", "source": "https://cdn.example.com/a/b.zip"},
    ),
    Sentence(
        "file ingest: upload:holiday.jpg, id holiday",
        "file.ingest",
        {"file_id": "holiday", "source": "upload:holiday.jpg"},
    ),
    Sentence(
        "ingest file f-77 from storage:uploads/demo.png",
        "file.ingest",
        {"file_id": "f-77", "source": "storage:uploads/demo.png"},
    ),
    Sentence(
        "download the file http://example.com/archive.tar.gz and keep it",
        "file.ingest",
        {"file_id": SOME, "source": "http://example.com/archive.tar.gz"},
    ),
]

THUMBNAIL = [
    Sentence(
        "make a thumbnail of uploads/demo.png",
        "image.thumbnail",
        {"path": "uploads/demo.png"},
    ),
    Sentence(
        "Create a small thumbnail for file cat-1",
        "image.thumbnail",
        {"file_id": "cat-1", "size": "sm"},
    ),
    Sentence(
        "resize the image uploads/photos/beach.jpg to 640x480",
        "image.thumbnail",
        {"path": "uploads/photos/beach.jpg", "width": 640, "height": 480},
    ),
    Sentence(
        "resize image file_id=logo to a width of 200 pixels",
        "image.thumbnail",
        {"file_id": "logo", "width": 200},
    ),
    Sentence(
        "scale the picture uploads/demo.png down to large size as webp",
        "image.thumbnail",
        {"path": "uploads/demo.png", "size": "lg", "format": "webp"},
    ),
    Sentence(
        "shrink uploads/cat.jpeg to 100 x 100 px in png format",
        "image.thumbnail",
        {"path": "uploads/cat.jpeg", "width": 100, "height": 100, "format": "png"},
    ),
    Sentence(
        "I need a medium thumbnail of the picture with id banner",
        "image.thumbnail",
        {"file_id": "banner", "size": "md"},
    ),
    Sentence(
        "thumbnail uploads/demo.png, height 300",
        "image.thumbnail",
        {"path": "uploads/demo.png", "height": 300},
    ),
]

METADATA = [
    Sentence("aggregate the metadata of file cat-1", "metadata.aggregate", {"file_id": "cat-1"}),
    Sentence("collect metadata for file_id report.csv", "metadata.aggregate", {"file_id": "report.csv"}),
]

NOTIFY = [
    Sentence(
        "notify user 42 on the web that the build is done",
        "user.notify",
        {"user_id": 42, "channel": "web", "message": "the build is done"},
    ),
    Sentence(
        "Notify user ada by email: your report is ready",
        "user.notify",
        {"user_id": "ada", "channel": "email", "message": "your report is ready"},
    ),
    Sentence(
        'send user 7 a web notification saying "lunch is here"',
        "user.notify",
        {"user_id": 7, "channel": "web", "message": "lunch is here"},
    ),
    Sentence(
        "let user grace know via web that maintenance starts at 10pm",
        "user.notify",
        {"user_id": "grace", "channel": "web", "message": "maintenance starts at 10pm"},
    ),
    Sentence(
        "please notify user bob that we are done",
        "user.notify",
        {"user_id": "bob", "channel": SOME, "message": "we are done"},
    ),
    Sentence(
        'Notify demo through the web channel with message "hello there"',
        "user.notify",
        {"user_id": "demo", "channel": "web", "message": "hello there"},
    ),
]

REPORT = [
    Sentence(
        "generate a job throughput report as json",
        "report.generate",
        {"report_id": SOME, "query": "job_throughput", "format": "json"},
    ),
    Sentence(
        "Generate the report weekly-1 of failures by type for the last 7 days",
        "report.generate",
        {"report_id": "weekly-1", "query": "failures_by_type", "window": "7d"},
    ),
    Sentence(
        "make me a csv report on queue latency per minute over the last hour",
        "report.generate",
        {"report_id": SOME, "query": "queue_latency", "format": "csv", "period": "minute", "window": "1h"},
    ),
    Sentence(
        "report on the queue latency with report id lat-9",
        "report.generate",
        {"report_id": "lat-9", "query": "queue_latency"},
    ),
    Sentence(
        "I'd like a report about failures by type", "report.generate", {"report_id": SOME, "query": "failures_by_type"}
    ),
    Sentence(
        "create report r1 with a window of 30 minutes",
        "report.generate",
        {"report_id": "r1", "window": "30m"},
    ),
    Sentence("generate a report", "report.generate", {"report_id": SOME}),
]

CLEANUP = [
    Sentence("clean up jobs older than 30 days", "cleanup.run", {"older_than": "30d"}),
    Sentence(
        "Run a cleanup of failed and cancelled jobs older than 2 weeks",
        "cleanup.run",
        {"older_than": "2w", "states": ["failed", "cancelled"]},
    ),
    Sentence(
        "dry run a cleanup of everything older than 12 hours", "cleanup.run", {"older_than": "12h", "dry_run": True}
    ),
    Sentence("cleanup succeeded jobs", "cleanup.run", {"states": ["succeeded"]}),
    Sentence("delete jobs that finished more than 90 days ago", "cleanup.run", {"older_than": "90d"}),
    Sentence("purge old history", "cleanup.run", {}),
]

SCRAPE = [
    Sentence("scrape https://example.com/", "url_scrape", {"url": "https://example.com/"}),
    Sentence(
        "get the title and links of the web page https://news.example.org/today",
        "url_scrape",
        {"url": "https://news.example.org/today"},
    ),
    Sentence(
        "Scrape the page at http://example.com/a?b=c#d, please.", "url_scrape", {"url": "http://example.com/a?b=c#d"}
    ),
    Sentence("fetch the description of www.example.com", "url_scrape", {"url": "https://www.example.com"}),
    Sentence(
        "url scrape https://example.com/wiki/Cat_(animal)",
        "url_scrape",
        {"url": "https://example.com/wiki/Cat_(animal)"},
    ),
    Sentence(
        "what links are on https://example.com/index.html?", "url_scrape", {"url": "https://example.com/index.html"}
    ),
]

GENERIC = [
    Sentence("run the command `echo hello`", "generic", {"command": "echo hello"}),
    Sentence('execute "ls -l /tmp" on the machine', "generic", {"command": "ls -l /tmp"}),
    Sentence("run command: uptime", "generic", {"command": "uptime"}),
    Sentence("Run the command echo hello world", "generic", {"command": "echo hello world"}),
    Sentence("generic command 'date -u'", "generic", {"command": "date -u"}),
]

SENTENCES = [
    *ECHO,
    *FAIL,
    *EMAIL,
    *WEBHOOK,
    *INGEST,
    *THUMBNAIL,
    *METADATA,
    *NOTIFY,
    *REPORT,
    *CLEANUP,
    *SCRAPE,
    *GENERIC,
]

# Written when the parser was there, to see what it makes of sentences that it was not made for.
LATER = [
    Sentence(
        "drop a line to nina@example.com about the picnic",
        "email.send",
        {"recipient": "nina@example.com", "subject": "the picnic"},
    ),
    Sentence(
        "e-mail oscar@example.com: the server is on fire",
        "email.send",
        {"recipient": "oscar@example.com", "body": "the server is on fire"},
    ),
    Sentence(
        "Resize uploads/a/b.png to 300 by 200",
        "image.thumbnail",
        {"path": "uploads/a/b.png", "width": 300, "height": 200},
    ),
    Sentence("turn uploads/x.jpg into a tiny thumbnail", "image.thumbnail", {"path": "uploads/x.jpg", "size": "sm"}),
    Sentence("please scrape www.wikipedia.org for me", "url_scrape", {"url": "https://www.wikipedia.org"}),
    Sentence(
        'Fire the webhook at https://a.example/hook with event ping and body {"a": [1,2]}',
        "webhook.dispatch",
        {"url": "https://a.example/hook", "event": "ping", "body": {"a": [1, 2]}},
    ),
    Sentence("remove all failed jobs older than 3 months", "cleanup.run", {"older_than": "90d", "states": ["failed"]}),
    Sentence(
        "report of throughput for the past week in json, call it weekly",
        "report.generate",
        {"report_id": "weekly", "query": "job_throughput", "format": "json", "window": "7d"},
    ),
    Sentence("echo this is a test of the system", "echo", {"message": "this is a test of the system"}),
    Sentence(
        "Ping user 12 through the console saying your build broke",
        "user.notify",
        {"user_id": 12, "channel": "web", "message": "your build broke"},
    ),
    Sentence("ingest upload:cat.png as cat", "file.ingest", {"file_id": "cat", "source": "upload:cat.png"}),
    Sentence(
        "Save https://example.com/big.iso under the id big-iso",
        "file.ingest",
        {"file_id": "big-iso", "source": "https://example.com/big.iso"},
    ),
    Sentence("run `uname -a`", "generic", {"command": "uname -a"}),
    Sentence("simulate a failure, 5 times, with message boom", "fail", {"fail_times": 5, "message": "boom"}),
    Sentence(
        "Notify alice that dinner is ready, by email",
        "user.notify",
        {"user_id": "alice", "channel": "email", "message": "dinner is ready"},
    ),
    Sentence("aggregate metadata for photo-9", "metadata.aggregate", {"file_id": "photo-9"}),
    Sentence("image.thumbnail for file logo size lg", "image.thumbnail", {"file_id": "logo", "size": "lg"}),
    Sentence(
        'send peggy@example.com the subject "Hi" and the body "How are you?"',
        "email.send",
        {"recipient": "peggy@example.com", "subject": "Hi", "body": "How are you?"},
    ),
    Sentence("hello", "echo", {"message": "hello"}),
    Sentence("get me the links on example.com", "url_scrape", {"url": "https://example.com"}),
    Sentence(
        "queue latency, last 2 hours, csv",
        "report.generate",
        {"report_id": SOME, "query": "queue_latency", "format": "csv", "window": "2h"},
    ),
    Sentence(
        "make thumbnail of file cat.png 64x64", "image.thumbnail", {"file_id": "cat.png", "width": 64, "height": 64}
    ),
    Sentence(
        "Email ruth@example.com and tell her that the meeting moved to 3pm",
        "email.send",
        {"recipient": "ruth@example.com", "body": "the meeting moved to 3pm"},
    ),
]
