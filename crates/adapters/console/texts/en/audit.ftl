audit-logs = Logs
audit-of-account = This account
audit-of-installation = Whole installation
audit-records = Records, the newest first
audit-filters = Filters
audit-any = Any
audit-show = Show
audit-clear = Clear the filters
audit-event = Event
audit-about = About the user
audit-of-job = Job
audit-from = From the day
audit-to = To the day
audit-problem-event = There is no event of this name.
audit-problem-job = A job has a number.
audit-problem-about = This can’t be the name of a user.
audit-problem-day = Enter a day as 2026-11-25.
audit-problem-head = This is not the end of a log: a number, a colon and 64 hexadecimal digits.
audit-bad-page = The address has a record that can’t be one. Begin with the newest records.
audit-bad-format = An export is CSV or JSON lines.
audit-what = What
audit-object = About
audit-by = By
audit-when = When
audit-id = Id
audit-nothing-matches = No record matches
audit-nothing-matches-more = A user is found only in exactly the spelling that the request for the job had.
audit-nothing = No records yet
audit-nothing-more = Each change, sign-in and erasure is recorded here, and denied requests once a minute.
audit-looked-at = For an event or a time, { $count } records before the last day are looked at. Choose an earlier last day to find older ones.
audit-pages = Pages
audit-newest = Newest
audit-older = Older
audit-export-csv = Export as CSV
audit-export-jsonl = Export as JSON lines
audit-export-more = An export begins with the oldest record that matches and has at most 10,000 of them. Its Link header leads to the next ones; the command line exports all.
audit-group-asked = Asked for
audit-group-account = Account
audit-group-keys = Keys
audit-group-people = People
audit-group-projects = Projects
audit-group-courses = Courses
audit-group-jobs = Jobs
audit-group-admins = Admins
audit-group-erasures = Erasures
audit-group-denied = Denied requests
audit-created = Made
audit-changed = Changed
audit-disabled = Disabled
audit-enabled = Enabled
audit-rotated = Rotated
audit-revoked = Revoked
audit-password-set = Password set
audit-signed-in = Signed in
audit-deleted = Deleted
audit-cancelled = Cancelled
audit-retried = Retried
audit-run-now = Run at once
audit-suspended = Suspended
audit-restored = Restored
audit-erasure-requested = Erasure asked for
audit-erasure-cancelled = Erasure cancelled
audit-erasure-completed = Erasure completed
audit-denied-unknown = Denied: unknown key
audit-denied-secret = Denied: wrong secret
audit-denied-password = Denied: wrong password
audit-denied-attempts = Denied: too many attempts
audit-denied-expired = Denied: expired key
audit-denied-not-allowed = Denied: not allowed
audit-account = account
audit-key = key { $id }
audit-principal = user { $id }
audit-project = project { $id }
audit-course = course { $id }
audit-job = job { $id }
audit-admin = admin { $name }
audit-principal-by-key = user { $principal } with key { $credential }
audit-requests = { $count ->
    [one] { $count } request
   *[other] { $count } requests
}
audit-verify = Verify
audit-verify-more = Each record has a seal that covers the one before it. A verification reads the whole log and takes a while for a long one.
audit-verify-deed = Verify this log
audit-head = End of the log
audit-head-more = If you kept one from an earlier report: the log must still contain it. It may be left out.
audit-head-keep = Keep this outside of the database. A later verification can then prove that nothing up to here was cut off.
audit-no-key = This process knows no key of the seals, so it can’t verify them.
audit-no-key-more = Set { $setting } as the workers have it, and start the service again.
audit-report = Report of the verification
audit-sound = The log is whole.
audit-unknown-keys = Some seals can’t be verified, because their keys are not known here. Set { $setting }.
audit-unsound = { $count ->
    [one] The log was changed: { $count } fault.
   *[other] The log was changed: { $count } faults.
}
audit-checked = { $count ->
    [one] { $count } seal was checked.
   *[other] { $count } seals were checked.
}
audit-unsealed = { $count ->
    [one] { $count } record waits for its seal since { $since }.
   *[other] { $count } records wait for their seals, the oldest since { $since }.
}
audit-late = That is long: look whether a worker runs.
audit-faults = Faults
audit-more-faults = { $count ->
    [one] { $count } more fault is not listed.
   *[other] { $count } more faults are not listed.
}
audit-fault-altered = Record { $record }, or seal { $sequence } over it, was altered.
audit-fault-missing-record = Record { $record } of seal { $sequence } is missing.
audit-fault-missing-seals = The seals from { $first } to { $last } are missing.
audit-fault-inserted = Record { $record } was inserted, or its seal was removed.
audit-fault-inserted-seal = Seal { $sequence } over record { $record } was inserted before the first seal that is left.
audit-fault-unmarked = Record { $record } of seal { $sequence } was marked as not sealed.
audit-fault-unknown-key = Seal { $sequence } over record { $record } was made with the unknown key { $key }.
audit-fault-checkpoint = The checkpoint at { $sequence } was altered, or its key is unknown.
audit-fault-cut-off = The log ends before the known end { $known }: it was cut off.
audit-fault-other-head = Seal { $sequence } is not that of the known end.
