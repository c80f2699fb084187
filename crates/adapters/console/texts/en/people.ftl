people-person = Person
people-find = Name, e-mail address, user name or number
people-more-match = More people match than are shown. Search by given and family name to page through them.
people-name = Given name
people-surname = Family name
people-email = E-mail address
people-email-whole = Whole e-mail address
people-username = User name
people-role = Role
people-role-admin = Admin
people-role-instructor = Instructor
people-role-user = Student
people-role-senior = Senior instructor
people-role-assistant = Assistant instructor
people-state = State
people-active = active
people-passive = passive
people-deleted = deleted
people-changed = Changed
people-created = Made
people-any = Any
people-show = Show
people-filters = Filters
people-bad-filter = The address of this list has a value that can’t be used. Choose the filters anew.
people-of-account = People of the account
people-nothing-matches = No person matches
people-nothing-matches-more = Names match by any part of them, an e-mail address only as a whole.
people-clear = Clear the filters
people-nothing = No people yet
people-nothing-more = Add the first one here, by the sessions API, or on the server with:
people-pages = Pages
people-previous = Previous
people-next = Next
people-admins = Admins of the installation
people-admin = Admin
people-admin-viewer = Viewer: looks at everything
people-admin-operator = Operator: changes everything
people-admins-more = Admins sign in to this console and belong to no account. They are made and removed on the server:
people-add = Add a person
people-added = { $name } was added.
people-not-now = Not now
people-refused = Nothing was changed.
people-problem-required = Enter a value.
people-problem-too-long = Enter at most { $max ->
    [one] { $max } character
   *[other] { $max } characters
}.
people-problem-too-short = Enter at least { $min ->
    [one] { $min } character
   *[other] { $min } characters
}.
people-problem-characters = The text has characters that can’t be stored.
people-problem-email = This is not an e-mail address.
people-problem-invalid = This value can’t be used.
people-email-taken = Another person of the account has this e-mail address.
people-username-taken = Another person of the account has this user name.
people-facts = Facts
people-change = Change
people-save = Save
people-unchanged = Nothing was different, so nothing was changed.
people-changed-note = { $name } was changed.
people-activate = Let act again
people-activated = { $name } may act again.
people-activated-more = Keys and tokens from before stay revoked.
people-stop = Make passive…
people-stop-title = Make { $name } passive?
people-stop-text = Every process refuses the person within a second, and the person can’t log in.
people-stop-deed = Make passive
people-stopped = { $name } is passive.
people-delete = Delete…
people-delete-title = Delete { $name }?
people-delete-text = Names and addresses are removed and only the ids stay. This can’t be undone.
people-delete-deed = Delete
people-deleted-note = { $name } was deleted.
people-keep = Leave as it is
people-credentials = { $count ->
    [0] The person has no working key or token.
    [one] { $count } key or token of the person is revoked for good.
   *[other] { $count } keys and tokens of the person are revoked for good.
}
people-credentials-many = At least { $count } keys and tokens of the person are revoked for good.
people-not-a-person = This is a service and not a person.
people-password = Password
people-password-later = Without one, the person can’t log in until a password is set.
people-password-new = New password
people-password-random = Leave it empty for a random one, which is shown once.
people-password-ends = All access tokens of the person are revoked, also those of log-ins.
people-password-set = Set the password
people-password-done = { $name } has a new password.
people-token = New access token
people-keys = Keys and tokens of this person
people-scopes = Scopes
people-lifetime = Accepted for
people-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
people-never = ever, without end
people-token-more = The token proves this person and is shown once. It belongs to the first project of the account.
people-token-passive = The person is passive, and no token of a passive person is accepted.
people-token-done = { $name } has a new access token.
people-issue = Issue the token
people-no-scope = Choose at least one scope.
people-bad-token = The form has a scope, a lifetime or a project that can’t be used.
