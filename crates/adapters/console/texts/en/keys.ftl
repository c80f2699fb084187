keys-key = Key
keys-kind = Kind
keys-access-key = Access key
keys-account-key = Account key
keys-token = Access token
keys-access-keys = Access keys
keys-account-keys = Account keys
keys-tokens = Access tokens
keys-opens-sessions = sessions API
keys-opens-jobs = jobs API
keys-opens-scopes = courses API, and what their scopes name
keys-secret-key = Secret key
keys-bearer = Bearer
keys-scopes = Scopes
keys-owner = Stands for
keys-of-account = the account
keys-made = Made
keys-used = Last use
keys-not-used = not known
keys-today = today
keys-ends = Ends
keys-state = State
keys-active = active
keys-ends-in-days = { $count ->
    [one] ends in { $count } day
   *[other] ends in { $count } days
}
keys-ends-in-hours = { $count ->
    [one] ends in { $count } hour
   *[other] ends in { $count } hours
}
keys-expired-at = expired { $when }
keys-revoked-at = revoked { $when }
keys-change = Change
keys-any = Any
keys-person = Number of the person
keys-ended-too = Also ended ones
keys-show = Show
keys-filters = Filters
keys-list = Keys of the account
keys-bad-filter = The address of this list has a value that can’t be used. Choose the filters anew.
keys-nothing-matches = No key matches
keys-nothing-matches-more = Keys that were revoked or have expired are shown only when asked for.
keys-clear = Clear the filters
keys-nothing = No working key
keys-nothing-more = Make one here, or on the server with:
keys-all-of-kind = Show all of this kind
keys-days = The last use is kept to the day, in UTC.
keys-pages = Pages
keys-first = First
keys-next = Next
keys-facts = Facts
keys-make = Make a key
keys-make-deed = Make the key
keys-make-more = The secret is shown once. A key proves the account itself and no person.
keys-kinds-more = An access key opens the sessions API, an account key the jobs API.
keys-tokens-are-issued = An access token is issued on the page of a person.
keys-lifetime = Life of the new key
keys-lives-as-long = as long as the old one
keys-lives-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
keys-never = never ends
keys-not-now = Not now
keys-made-note = The key was made.
keys-bad-form = The form has a kind, a lifetime or an overlap that can’t be used.
keys-shown-once = This is the only time the secret is shown. Keep it where your secrets are kept.
keys-confirm = Your own password
keys-confirm-more = A new secret asks for it again.
keys-confirm-wrong = This is not your password.
keys-confirm-too-many = Too many wrong passwords. Try again in { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}.
keys-rotate = Rotate
keys-rotate-deed = Make the new key
keys-rotate-more = The new key has the same rights. Both work during the overlap, then the old one ends. The new secret is shown once.
keys-overlap = How long both keys work
keys-overlap-none = No overlap
keys-overlap-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
keys-overlap-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
keys-rotated = The new key replaces { $key }, which works until { $when }.
keys-rotated-now = The new key replaces { $key }, which has ended.
keys-ended = The key was revoked, has expired, or its owner may not act, so there is nothing to rotate.
keys-issued = The token was issued for a grant or for another token and ends with it, so it is not rotated.
keys-revoke = Revoke
keys-revoke-ask = Revoke…
keys-revoke-title = Revoke { $key }?
keys-revoke-used = It was used last: { $day }.
keys-revoke-not-used = No use of it is known.
keys-revoke-text = Requests with it get 401 within a second. This can’t be undone.
keys-revoke-access-key = Requests with it, and with tokens that log-ins with it got, get 401 within a second. This can’t be undone.
keys-keep = Keep it
keys-revoked-note = { $key } is revoked.
keys-revoked-more = Every process refuses it within a second.
