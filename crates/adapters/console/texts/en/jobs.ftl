jobs-title = Job { $id }
jobs-action-erase-user = Erase a user
jobs-action-erase-users = Erase many users
jobs-action-assign-calendar = Assign a calendar
jobs-action-expire-sessions = Expire sessions
jobs-action-index-sessions = Index sessions
jobs-action-seal-audit = Seal the audit log
jobs-action-prune = Prune
jobs-action-prune-audit = Prune the audit log
jobs-state-scheduled = scheduled
jobs-state-retrying = retrying
jobs-state-running = running
jobs-state-cancelled = cancelled
jobs-state-failed = failed
jobs-state-completed = completed
jobs-tab-all = All
jobs-tab-scheduled = Scheduled
jobs-tab-running = Running
jobs-tab-cancelled = Cancelled
jobs-tab-failed = Failed
jobs-tab-completed = Completed
jobs-count = { $count }
jobs-count-more = { $count }+
jobs-cancel = Cancel
jobs-retry = Retry
jobs-run-now = Run now
jobs-new = Erase a user…
jobs-filters = Filters
jobs-filter-text = Id or whole reference
jobs-filter-action = Action
jobs-filter-since = Changed since
jobs-project = Project
jobs-any = Any
jobs-since-ever = any time
jobs-since-hour = 1 hour
jobs-since-day = 1 day
jobs-since-week = 1 week
jobs-show = Show
jobs-without-filter = Show without this filter
jobs-clear = Clear the filters
jobs-selected = { $count } selected
jobs-select-some = Select jobs to change them
jobs-select-all = Select all on this page
jobs-select = Select job { $id }
jobs-column-id = Id
jobs-column-job = Job
jobs-column-about = About
jobs-column-state = State
jobs-column-attempt = Attempt
jobs-column-time = Due or since
jobs-column-verdict = What will happen
jobs-column-kind = What
jobs-column-rows = Rows
jobs-internal = internal
jobs-pages = Pages
jobs-newer = Newer
jobs-older = Older
jobs-order = Newest first, { $count } a page
jobs-order-filtered = Newest first. Filters look at the newest { $count } jobs.
jobs-empty = No jobs yet.
jobs-empty-more = A client asks for one with the jobs API, and the service makes some by itself.
jobs-empty-state = No job is in this state.
jobs-empty-state-more = The tabs show the other states.
jobs-empty-filtered = No job matches these filters.
jobs-failed-now = { $count ->
    [0] No job has failed.
    [one] { $count } job has failed.
   *[other] { $count } jobs have failed.
}
jobs-failed-many = More than { $count } jobs have failed.
jobs-rows = { $count ->
    [one] { $count } row erased
   *[other] { $count } rows erased
}
jobs-why-viewer = An operator can do this.
jobs-not-completed = It has completed.
jobs-not-cancelled = It was cancelled, and stays so.
jobs-not-running = It is running.
jobs-not-scheduled = It has not failed for good: it waits, and can run now.
jobs-not-failed = It has failed: it can be retried.
jobs-not-now = It can’t be changed in its present state.
jobs-not-found = There is no such job: it may have been pruned.
jobs-not-known = A newer version of the service made it. This version leaves it alone.
jobs-not-alone = Another job for the same is scheduled or running.
jobs-no-deed = The form does not say what to do with the jobs.
jobs-none-chosen = No job was selected.
jobs-too-many = At most { $count } jobs are changed at once.
jobs-ask-cancel = { $count ->
    [one] Cancel { $count } job?
   *[other] Cancel { $count } jobs?
}
jobs-ask-retry = { $count ->
    [one] Retry { $count } job?
   *[other] Retry { $count } jobs?
}
jobs-ask-run-now = { $count ->
    [one] Run { $count } job now?
   *[other] Run { $count } jobs now?
}
jobs-sure-cancel = { $count ->
    [one] Cancel { $count } job
   *[other] Cancel { $count } jobs
}
jobs-sure-retry = { $count ->
    [one] Retry { $count } job
   *[other] Retry { $count } jobs
}
jobs-sure-run-now = { $count ->
    [one] Run { $count } job now
   *[other] Run { $count } jobs now
}
jobs-did-cancel = { $count ->
    [one] { $count } job was cancelled.
   *[other] { $count } jobs were cancelled.
}
jobs-did-retry = { $count ->
    [one] { $count } job is tried again.
   *[other] { $count } jobs are tried again.
}
jobs-did-run-now = { $count ->
    [one] { $count } job runs now.
   *[other] { $count } jobs run now.
}
jobs-did-nothing = Nothing was changed.
jobs-refused-one = { $id }: { $reason }
jobs-refused-more = { $count ->
    [one] { $count } more was not changed.
   *[other] { $count } more were not changed.
}
jobs-unanswered = { $count ->
    [one] The database did not answer: { $count } job may be unchanged.
   *[other] The database did not answer: { $count } jobs may be unchanged.
}
jobs-verdicts = What will happen
jobs-nothing-yet = Nothing is done yet
jobs-nothing-possible = This is not possible for any of them.
jobs-back = Back
jobs-will-end = is cancelled
jobs-will-end-after = { $count ->
    [one] is cancelled, { $count } row is gone
   *[other] is cancelled, { $count } rows are gone
}
jobs-will-stop = stops at its next batch
jobs-will-stop-after = { $count ->
    [one] stops at its next batch, { $count } row is gone
   *[other] stops at its next batch, { $count } rows are gone
}
jobs-will-retry = is tried again now, with all of its attempts
jobs-will-run = starts as soon as a worker is free
jobs-hint-running = It is running. A cancelled job stops at its next batch.
jobs-hint-internal = The service made this job by itself. No project lists it, so the jobs API does not show it.
jobs-progress-rows = { $count ->
    [one] { $count } row done so far
   *[other] { $count } rows done so far
}
jobs-progress-erased = Erased so far
jobs-progress-users = { $count ->
    [one] Erased so far: all of { $count } user
   *[other] Erased so far: all of { $count } users
}
jobs-erasing-now = being erased
jobs-kind-credentials = credentials
jobs-kind-attendances = attendances
jobs-kind-sessions = sessions
jobs-kind-memberships = memberships
jobs-kind-answers = stored answers
jobs-kind-profile = profile
jobs-timeline = Timeline
jobs-facts = As the API shows it
jobs-records = Audit records
jobs-no-records = The audit log has no record of this job.
jobs-more-records = There are older ones.
jobs-who-operator = The operator
jobs-who-admin = Admin { $name }
jobs-who-principal = Principal { $id } with credential { $credential }
jobs-line-asked = It was asked for
jobs-line-asked-by = { $who } asked for it
jobs-line-asked-itself = The service asked for it by itself
jobs-line-start = It may start from { $time } on.
jobs-line-failed = Attempt { $attempt } failed
jobs-line-running = Attempt { $attempt } is running
jobs-line-next = Attempt { $attempt } is planned
jobs-line-due = Attempt { $attempt } is due
jobs-line-lease = Worker { $worker }, lease until { $time }
jobs-line-retried = { $who } retried it
jobs-line-run-now = { $who } made it run now
jobs-line-cancelled = It was cancelled
jobs-line-cancelled-by = { $who } cancelled it
jobs-line-gave-up = It failed for good
jobs-line-completed = It completed
jobs-reason-transient = The cause may pass.
jobs-reason-permanent = The cause would stay, so it is not tried again.
jobs-reason-lease-expired = The worker did not renew its lease in time.
jobs-reason-panicked = The program broke off in the middle of it.
jobs-new-title = Erase a user
jobs-new-user = Who is erased
jobs-new-more = Everything about the user is removed: credentials, attendances, sessions of their own, memberships and the profile. The next page says how much that is.
jobs-new-name = User
jobs-new-name-help = Any id of the user: number, GUID, address, user name, or the code of a guest.
jobs-new-project-help = The project that lists the job.
jobs-new-start = Start
jobs-new-midnight = At the next midnight UTC, and until then it can be cancelled:
jobs-new-now = Now
jobs-new-go = Show what would be erased
jobs-new-refused = This value can’t be used.
jobs-new-user-missing = Name the user.
jobs-new-user-unusable = At most { $max } characters, and all of them readable.
jobs-confirm-title = Erase this user?
jobs-confirm-person = A person of the account has this id:
jobs-confirm-stranger = No person of the account has this id now. Attendances and deleted people under it are erased all the same.
jobs-confirm-total = { $count ->
    [0] Nothing would be erased now.
    [one] { $count } row would be erased now.
   *[other] { $count } rows would be erased now.
}
jobs-confirm-no-preview = How much would be erased can’t be told here.
jobs-confirm-now = It begins as soon as a worker is free.
jobs-confirm-later = It begins at the next midnight UTC:
jobs-confirm-final = What is erased does not come back.
jobs-confirm-go = Erase the user
jobs-did-erase = The erasure is job { $id }.
