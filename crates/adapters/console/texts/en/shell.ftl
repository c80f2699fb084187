shell-now = Now
shell-sessions = Sessions
shell-courses = Courses
shell-jobs = Jobs
shell-people = People
shell-keys = Keys
shell-audit = Audit
shell-requests = Requests
shell-control = Time and faults
shell-connect = Get connected
shell-docs = API docs
shell-skip = Skip to content
shell-account = Account
shell-switch = Switch
shell-find = Find
shell-find-label = Find an id, address or name
shell-language = Language
shell-console = Console
shell-operator = Operator
shell-sign-out = Sign out
shell-copy = Copy
shell-viewer = You may look at everything and change nothing.
shell-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
failure-not-found = There is no such page
failure-not-found-more = The address leads nowhere, or what it led to is gone.
failure-signed-out = You are not signed in
failure-signed-out-more = The sign-in has ended. Nothing was changed.
failure-read-only = Nothing was changed
failure-read-only-more = You may look at everything and change nothing. An operator can do this.
failure-foreign = Nothing was changed
failure-foreign-more = The form is from another site, or older than this run of the service. Load its page again and send it once more.
failure-refused = This can’t be used
failure-conflict = Nothing was changed
failure-starting = The service is starting
failure-starting-more = Load the page again in a second.
failure-unavailable = The database does not answer
failure-unavailable-more = Nothing was changed as far as is known. Load the page again in a few seconds.
failure-back = Back to the console
failure-no-account = There is no account yet. Make one with: derslik account create
failure-no-service = The account has no service principal that may act, so this can’t be done here.
failure-form-too-large = The form is larger than 4 MiB.
sign-in-title = Sign in
sign-in-name = Name
sign-in-password = Password
sign-in-token = Token
sign-in-token-more = The service printed it when it started. It signs in once.
sign-in-more = An admin is made on the server with: derslik admin create
sign-in-go = Sign in
sign-in-wrong = The name or the password is wrong.
sign-in-wrong-token = This is not the token that was printed, or it was used before.
sign-in-too-many = Too many wrong passwords. Try again in { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}.
