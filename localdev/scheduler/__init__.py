"""EventBridge Scheduler for local use: stores schedules and fires them in their own time zones.

MiniStack fires schedules but ignores their zones, moto and LocalStack never fire. This is a server
of its own that boto3 reaches by AWS_ENDPOINT_URL_SCHEDULER. What it keeps to, and where it chose:

* A local time that does not exist is skipped; one that occurs twice fires once, at the first.
* An instant is fired if the clock sees it at most an hour late (after a restart, a failed delivery
  or a jump of the clock), and is let go after that. EventBridge retries for a day by default.
* `rate()` first fires at StartDate, or at once without one. StartDate and EndDate do not concern
  `at()`. A flexible time window fires at its beginning.
* Targets are SQS queues, by their ARN or by the universal target `sqs:sendMessage`, and functions
  of the app. The app's own `@app.schedule` functions are entered by themselves, in their group.
"""
