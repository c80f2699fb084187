requests-live = Live
requests-stopped = Not live since %time%. Trying again in %seconds% s.
requests-reload = Load the page again
requests-clear = Clear
requests-cleared = The journal of the account is empty.
requests-of = Whose requests
requests-of-account = Of this account
requests-of-none = Of no account
requests-filters = Filters
requests-contains = Text in the path, a header or the body
requests-any = Any
requests-api = API
requests-method = Methods
requests-path = Path
requests-show = Show
requests-journal = Journal
requests-at = At
requests-request = Request
requests-answer = Answer
requests-took = Took
requests-millis = { $millis } ms
requests-no-answer = no answer
requests-by-a-fault = by a fault
requests-none-match = No request matches.
requests-none-match-more = The journal has the last 10,000 requests, and the bodies of the last 1,000.
requests-clear-filters = Show all
requests-none-yet = No request yet.
requests-none-yet-more = A request that a client sends appears here at once.
requests-footer = Newest first. Secrets are masked.
requests-pages = Pages
requests-newer = Newer
requests-older = Older
requests-route = Route
requests-id = Request id
requests-fault = Fault
requests-bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
requests-no-body = Without a body.
requests-body-not-kept = { $count ->
    [one] The body of { $count } byte is not kept.
   *[other] The body of { $count } bytes is not kept.
}
requests-send = Send it yourself
requests-send-more = Set TOKEN to the credential. Other secrets are left out.
requests-copy = Copy the lines
requests-fail = Fail the next one like this
requests-fail-how = How
requests-fail-go = Fail the next one
requests-fail-unavailable = answer 503
requests-fail-failure = answer 500
requests-fail-too-many = answer 429, retry after 1 s
requests-fail-lose-answer = done, and the answer is lost
requests-fail-reset = the connection is reset
requests-fail-truncate = the answer is cut off
requests-fail-delay = a wait of 5 s
requests-will-fail = The next “{ $request }” will fail.
requests-too-many-faults = Nothing was added: an account has at most { $count } faults.
