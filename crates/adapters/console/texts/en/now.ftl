now-live = Live, last 60 minutes
now-as-of = Last 60 minutes, as of { $time }
now-stopped = Not live since %time%. Trying again in %seconds% s.
now-reload = Load the page again
now-empty = The first figures come five seconds after the start.
now-unreadable = The database does not answer now.
now-table = Show as a table
now-from = From
now-in-last-hour = in the last hour
now-or-more = { $count } or more

now-health = Health
now-process = Process
now-process-works = working
now-process-starts = starting
now-process-stops = stopping
now-database = Database
now-database-works = it answers
now-database-silent = it does not answer
now-database-crowded = no connection became free in time
now-database-unreachable = it can’t be reached
now-database-refuses = it refuses the connection
now-database-stops = it is starting or stopping
now-database-connections = it has too many connections
now-database-slow = the statement took too long
now-database-locked = another transaction has locked what is needed
now-database-conflict = another transaction changed what is needed
now-database-disk-full = its disk is full
now-database-disk-fails = its disk fails
now-database-read-only = it takes no changes
now-database-memory = it is out of memory
now-database-exhausted = it has used up a resource
now-schema = Schema
now-schema-works = current
now-schema-newer = { $migrations ->
    [one] newer than this program by { $migrations } migration
   *[other] newer than this program by { $migrations } migrations
}
now-schema-older = { $migrations ->
    [one] older than this program by { $migrations } migration
   *[other] older than this program by { $migrations } migrations
}
now-schema-foreign = of another program
now-schema-unreadable = its tables can’t be read
now-schema-unknown = it can’t be read without the database
now-worker = Workers
now-worker-works = no due job waits long
now-worker-late = a due job has waited for more than ten minutes: look whether a worker runs
now-worker-unread = the jobs can’t be read now: another transaction may have locked their table
now-disk = Disk
now-disk-works = 512 MiB or more are free
now-disk-full = less than 512 MiB are free
now-clock = Clock
now-clock-works = within five seconds of the database
now-clock-differs = more than five seconds from the database
now-state-ok = works
now-state-warning = needs a look
now-state-failing = fails
now-state-unknown = not known

now-requests = Requests by API
now-requests-unit = requests/s
now-requests-more = { $count } in the last hour
now-requests-sentence = Requests per second by API over the last hour: { $now } now, { $most } at most, at { $at }
now-requests-hit = { $at }: sessions { $sessions }, courses { $courses }, jobs { $jobs } requests/s
now-requests-caption = Requests per second, five minutes each
now-key-sessions = Sessions { $rate }
now-key-courses = Courses { $rate }
now-key-jobs = Jobs { $rate }

now-latency = Latency
now-latency-unit = ms on average
now-slow-unit = % above 100 ms
now-latency-sentence = Mean time of a request over the last hour: { $now } ms now, { $most } ms at most, at { $at }; { $slow } % took more than 100 ms
now-latency-hit = { $at }: { $mean } ms on average, { $slow } % above 100 ms
now-latency-caption = Mean time of a request and share of slow ones, five minutes each
now-latency-head = Mean, ms
now-slow-head = Above 100 ms, %

now-errors = Errors
now-refused = Refused (4xx)
now-failed = Failed (5xx)
now-refused-unit = refused
now-failed-unit = failed
now-errors-sentence = Errors per minute over the last hour: { $failed } failed and { $refused } refused in all
now-errors-hit = { $at }: { $refused } refused, { $failed } failed
now-errors-caption = Errors, five minutes each

now-queue = Queue of jobs
now-waiting = Waiting
now-running = Running
now-waiting-unit = waiting
now-overdue-unit = s overdue
now-queue-more = { $running } running; { $completed } completed and { $failed } failed in the last hour
now-queue-sentence = Jobs that wait over the last hour: { $now } now, { $most } at most, at { $at }; the longest was { $overdue } s overdue
now-queue-hit = { $at }: { $scheduled } waiting, { $running } running, { $overdue } s overdue
now-queue-caption = Jobs, five minutes each
now-overdue-head = Overdue, s
now-completed-head = Completed
now-failed-head = Failed

now-pool = Connections to the database
now-pool-unit = of { $size } in use
now-waited-unit = ms of waiting in a second
now-pool-more = The dotted line is the most.
now-pool-sentence = Connections in use over the last hour: { $now } of { $size } now, { $most } at most, at { $at }
now-pool-hit = { $at }: { $used } in use, { $waited } ms of waiting in a second
now-pool-caption = Connections in use and time of waiting for one, five minutes each
now-pool-head = In use
now-waited-head = Waiting, ms/s

now-due = Due next
now-due-all = All jobs
now-due-nothing = Nothing falls due.
now-due-job = job { $id }, attempt { $attempt } of { $of }
now-due-session = the session ends
now-backlog = Waiting in all accounts
now-next-due = Next job due
now-search-index = Search index
now-session-ends = Ends of sessions
now-session-creators = Creators of sessions
now-delete-user-data = Erase a user
now-delete-users-data = Erase many users
now-assign-calendar-id = Give a course its calendar
now-expire-sessions = Expire sessions
now-index-sessions = Index sessions
now-seal-audit = Seal the audit log
now-prune = Prune
now-prune-audit = Prune the audit log
