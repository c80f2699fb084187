# The texts of errors in English. What the vendor's page shows is contract to the letter: see docs/API.md.

## The request as a whole

unauthorized = unauthorized
not-allowed = not allowed
no-such-path = no such path
method-not-allowed = the path does not take this method
unavailable = the service can't reach its database; try again
failure = unexpected failure

key-malformed = Idempotency-Key must be one text of 1 to { $max } visible ASCII characters.
key-reused = Idempotency-Key was sent before with another request.
key-busy = A request of the same Idempotency-Key is under way; try again.
key-erased = The request of this Idempotency-Key was done; its stored answer was erased.

## Its body and its query

body-not-json-by-header = the body must be JSON, with the content type application/json and without a content encoding
body-no-form = the body must be a form, with the content type application/x-www-form-urlencoded
body-too-large = the body is longer than { $limit } bytes
body-too-slow = the body did not arrive in time
body-cut-off = the body was cut off
body-budget-exhausted = the service holds as many request bodies as it can; try again
answer-budget-exhausted = the service holds as many answers as it can; try again
body-malformed = The body is not valid JSON: { $reason } at line { $line } column { $column }.
body-no-object = The body must be a JSON object.
body-no-object-because = The body must be a JSON object: { $reason } at line { $line } column { $column }.
body-no-array =
    { $items ->
        [attendee] The body must be a JSON array of attendee objects.
       *[session] The body must be a JSON array of session objects.
    }
batch-too-long = A batch takes { $most } items at the most; this one has { $count }.
query-malformed = The query can't be read.

## Filters

filter-unreadable = Invalid filter. { $key } can't be read.
filter-too-long = Invalid filter. { $key } must not be longer than { $max } characters.
filter-unusable = { $key } has no usable value.
page-too-large = page_size must not be above { $max }.
page-out-of-range = Invalid filter. page_number and page_size must be positive numbers, and not too large.

## What is wrong with which field

session-item = Invalid session. An item of the batch must be a JSON object.
session-field =
    Invalid session { $field ->
        [session_guid] guid
        [name] name
        [description] description
        [tags] tags
        [start_date] start date
        [duration] duration
        [lang] language
        [allow_recording] recording setting
        [inaccessible_replay] replay setting
        [timezone] timezone
        [status] status
       *[options] options
    }.
attendee-item = Invalid attendee. An attendee must be a JSON object.
attendee-field =
    Invalid attendee { $field ->
        [user_guid] user
        [attendance_code] code
        [email] e-mail
        [name] name
        [surname] surname
        [mobile] mobile
       *[role] role
    }.
user-field =
    Invalid user { $field ->
        [name] name
        [surname] surname
        [email] e-mail
        [username] username
        [role] role
        [password] password
        [mobile] mobile
        [login_allowed] login setting
        [active] state
        [lang] language
        [timezone] timezone
       *[expires_at] expiry date
    }.

## The rule that it breaks

required = { $key } is required.
repeated = { $key } was sent more than once.
empty = { $key } must not be empty.
too-long = { $key } must not be longer than { $max } characters.
too-short = { $key } must have { $min } characters at the least.
nul = { $key } must not contain the character NUL.
not-unicode = { $key } is not valid Unicode text.
minutes-out-of-range = { $key } must be between { $min } and { $max } minutes.
must-be =
    { $key } must be { $wanted ->
        [string] a string
        [object] an object
        [integer] a whole number
        [boolean] true or false
        [guid] a GUID
        [email] an e-mail address
        [role] one of a, e, u, e+ and e-
        [language] a language tag such as tr-TR
        [timezone] an IANA time zone such as Europe/Istanbul
        [instant] an ISO 8601 date and time
        [status] 0, 1, 2 or 3
        [minutes] a number of minutes
       *[valid] valid
    }.
