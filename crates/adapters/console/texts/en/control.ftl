control-clock = Clock
control-move-time = Move time
control-freeze = Freeze
control-resume = Let it run
control-hour = +1 h
control-midnight = Next midnight
control-next-due = Next due
control-real-time = Real time
control-set-to = Time
control-advance = Advance to it
control-set = Set
control-clock-more = A time is “tomorrow 09:00”, “+3d 14:30”, “+90m”, or a date as “2026-11-25 10:24”. “Advance” runs what falls due on the way. “Set” jumps, also backwards, and workers find later what is due.
control-pace-frozen = stands still
control-pace-real = shows real time
control-pace-ahead = runs { $span } ahead
control-pace-behind = runs { $span } behind
control-pace-days-ahead = { $count ->
    [one] runs { $count } day ahead
   *[other] runs { $count } days ahead
}
control-pace-days-behind = { $count ->
    [one] runs { $count } day behind
   *[other] runs { $count } days behind
}
control-upcoming = What will fall due
control-nothing-due = Nothing falls due.
control-nothing-due-more = Jobs that wait and sessions that end stand here.
control-due-session = A session ends
control-due-sessions = { $count ->
    [one] { $count } session ends
   *[other] { $count } sessions end
}
control-due-attempt = attempt { $attempt } of { $of }
control-done-frozen = The clock stands still at { $time }.
control-done-resumed = The clock runs on from { $time }.
control-done-released = The account shows the clock of all accounts again.
control-done-set = The clock shows { $time }.
control-done-set-more = What is due now runs when a worker finds it.
control-done-advanced = The clock has come to { $time }.
control-ran = { $count ->
    [0] Nothing fell due.
    [one] { $count } thing fell due and ran.
   *[other] { $count } things fell due and ran.
}
control-ran-more = { $count ->
    [one] { $count } more is not shown.
   *[other] { $count } more are not shown.
}
control-ran-sessions = { $count ->
    [one] { $count } session expired
   *[other] { $count } sessions expired
}
control-ran-completed = completed
control-ran-failed = failed
control-ran-retried = failed, will be retried
control-no-time = “{ $text }” is not a time.
control-no-time-more = Write “tomorrow 09:00”, “+3d 14:30”, “+90m”, or a date as “2026-11-25 10:24”, in the years 1 to 9999.
control-past = The clock was not moved: this time is past, or out of its range.
control-past-more = An advance goes forward. “Set” goes backwards too.
control-clock-busy = The clock was not moved: other requests move it all the time.
control-timed-out = It has not settled in time.
control-timed-out-more = What ran stays done, and the rest was not done.
control-refused = Nothing was changed.
control-refused-more = The reason stands below the field.
control-back = Back
control-active-faults = Active faults
control-no-faults = No fault is on.
control-faults-on = { $count ->
    [one] { $count } fault on
   *[other] { $count } faults on
}
control-off = Off
control-fault-off = Turn off: { $fault }
control-all-off = All off
control-add-fault = Add a fault
control-fault = Fault
control-met = Met
control-deeds = What to do
control-fault-counts = { $injected } of { $seen }
control-status = Status
control-millis = Milliseconds
control-retry-after = Retry after, seconds
control-which = Which requests or jobs
control-api = API
control-any = Any
control-method = Methods
control-path = Path
control-action = Job
control-when = When
control-nth = The first one
control-times = How many
control-percent = Chance, percent
control-seed-number = Seed of the chance
control-add = Add
control-kind-status = an answer with a status
control-kind-delay = a wait before the work
control-kind-drip = an answer in small pieces
control-fault-status = answer { $status }
control-fault-database = the database is away
control-fault-delay = a wait of { $millis } ms
control-fault-reset = the connection is reset
control-fault-lose-answer = done, and the answer is lost
control-fault-truncate = the answer is cut off
control-fault-drip = small pieces, { $millis } ms before each
control-fault-job-fails = an attempt at a job fails
control-fault-job-hangs = an attempt at a job does not end
control-fault-job-panics = an attempt at a job panics
control-preset-quota = preset google-quota: 429, twice
control-preset-flaky = preset flaky-wifi: resets, waits, cut answers
control-preset-lost = preset lost-replies: half of the writes
control-when-always = each one
control-when-first = { $count ->
    [one] the first one ({ $count })
   *[other] the first { $count }
}
control-when-nth = number { $first }
control-when-from = { $count } from number { $first } on
control-when-from-on = each from number { $first } on
control-when-by-chance = { $percent } % of them, by chance
control-done-faults = { $count ->
    [one] { $count } fault was added.
   *[other] { $count } faults were added.
}
control-done-fault-off = The fault is off.
control-done-faults-off = All faults are off.
control-no-such-fault = There is no such fault any more.
control-too-many-faults = Nothing was added: an account has at most { $count } faults.
control-problem-number = A whole number from { $least } to { $most } is needed.
control-problem-kind = Choose one of these.
control-problem-needed = This is needed.
control-problem-percent = A number above 0 and up to 100 is needed.
control-problem-no-slash = A path begins with “/”.
control-problem-rest-inside = “**” stands at the end of a path alone.
control-problem-of-jobs = This fault is for jobs, not for requests.
control-problem-of-requests = This fault is for requests, not for jobs.
control-snapshots = Snapshots
control-snapshots-more = They live as long as the process. A new one takes the place of one with the same name.
control-name = Name
control-size = Size
control-snapshot-size = { $rows ->
    [one] { $rows } row, { $kibibytes } KiB
   *[other] { $rows } rows, { $kibibytes } KiB
}
control-snapshot-name = Name of a new snapshot
control-take = Take
control-snapshot-file = Snapshot file
control-load = Keep the file
control-download = Download
control-remove = Remove
control-restore = Restore
control-restore-ask = Restore…
control-restore-title = Restore the snapshot “{ $name }”?
control-restore-rows = All rows of the account become those of the snapshot. What was made since is lost.
control-restore-clock = The clock comes back with it.
control-restore-stays = Keys, tokens, faults and the journal stay.
control-done-snapshot = The snapshot “{ $name }” was taken.
control-done-loaded = The snapshot “{ $name }” was kept from its file.
control-done-restored = The account is as in the snapshot “{ $name }”.
control-done-removed = The snapshot “{ $name }” was removed.
control-not-restored = The account stays as it is: the snapshot does not fit its rows.
control-no-room = The snapshot was not taken.
control-no-room-more = All snapshots together have at most 1 GiB. Remove some.
control-problem-snapshot-name = A name has 1 to 64 letters without accents, digits, and the characters “-”, “_” and “.”.
control-problem-file = The file can’t be used:
control-seed = Seed
control-seed-export = Write as YAML
control-seed-document = A document in YAML or JSON
control-seed-add = Add the content
control-problem-seed = The document can’t be used:
control-problem-seed-line = Line { $line } can’t be used:
control-done-seed = The content was added.
control-done-seed-more = People: { $people }. Courses: { $courses }. Sessions: { $sessions }. Jobs: { $jobs }.
control-account = This account
control-reset = Reset…
control-end = End…
control-reset-title = Reset the account “{ $name }”?
control-reset-rows = Everything becomes as when the account was made, with its first content.
control-reset-stays = Keys, tokens, the id and snapshots stay.
control-reset-faults = Faults and the journal are removed.
control-reset-clock = A clock that stands still shows the beginning again. One that runs goes on.
control-reset-go = Reset the account
control-done-reset = The account “{ $name }” was reset.
control-end-title = End the account “{ $name }”?
control-end-keys = None of its keys and tokens are accepted from then on.
control-end-rows = Its rows, faults, journal and snapshots are removed. This can’t be taken back.
control-end-go = End the account
control-new-account = New test account
control-new-account-more = Without a name it gets one. Without hours it lives as long as the database. Its keys are shown once.
control-hours = Lives for hours
control-first-content = First content, in YAML or JSON
control-make = Make
control-problem-name = This name can’t be used:
control-problem-name-taken = Another account has this name.
control-done-account = The account “{ $name }” was made.
control-done-account-more = Its id is { $id }. These are its keys, which are not shown again.
control-secret-access-key = Access key of the sessions API
control-secret-secret-key = Secret key of the sessions API
control-secret-bearer = What follows “Bearer” in requests to the sessions API
control-secret-account-key = Key of the jobs API
control-secret-project = Project in the paths of the jobs API
control-secret-token = Access token for the courses API, as { $role }
