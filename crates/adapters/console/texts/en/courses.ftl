courses-list-more = The newest first.
courses-new = New course
courses-new-more = The owner is on its roster from the beginning.
courses-filter-query = Name, section or room
courses-filter-owner = Owner, by id or address
courses-filter-show = Show
courses-filter-clear = Show all courses
courses-filter-off = Remove this filter
courses-filter-refused = The filter can’t be used.
courses-any-state = Any state
courses-chip-owner = owner { $owner }
courses-chip-query = “{ $query }”
courses-none-yet = There are no courses yet.
courses-none-yet-more = Make one here, or by a client of the courses API.
courses-none-match = No course matches.
courses-none-match-more = A course is found if its name, section or room has each of the words.
courses-pages = Pages
courses-newer = Newer
courses-older = Older
courses-first-page = First page
courses-next-page = Next page
courses-created-at = Created
courses-field-alias = Alias
courses-field-name = Name
courses-field-section = Section
courses-field-heading = Heading of the description
courses-field-description = Description
courses-field-room = Room
courses-field-owner = Owner
courses-field-state = State
courses-field-subject = Subject
courses-field-levels = Levels
courses-owner-help = The id or the e-mail address of a person.
courses-hand-over-help = To hand the course over, write the id or the e-mail address of another of its teachers.
courses-alias-help = Begins with d: for the whole account, or with p: for the project. May stay empty.
courses-first-state = { $state ->
    [ACTIVE] In use at once.
   *[other] The owner has to accept it first.
}
courses-create = Create course
courses-created = The course was created.
courses-not-created = The course was not created.
courses-save = Save
courses-saved = The course was changed.
courses-not-saved = Nothing was changed.
courses-nothing-differs = Nothing was changed, since nothing differs.
courses-cancel = Cancel
courses-edit = Edit
courses-edit-title = Edit the course
courses-stored-now = Stored now:
courses-stale = It was changed meanwhile, so nothing was done.
courses-stale-more = Your values are still below, beside the stored ones. Save again to write them anyway.
courses-periods-stale = The form now shows the stored grading periods.
courses-delete = Delete the course
courses-delete-ask = Delete…
courses-delete-title = Delete a course
courses-delete-more = Its aliases, its roster and its grading periods are deleted with it. This can’t be undone.
courses-deleted = The course { $id } was deleted.
courses-no-deletion = A course that is { $state } can’t be deleted. Restore it first.
courses-way-to-deletion = Only an archived course can be deleted. From { $state }, move it to: { $way }.
courses-may-delete = The course is archived, so it can be deleted.
courses-moves-of = Show the moves of
courses-role = { $role ->
    [operator] Operator
    [admin] Admin
    [owner] Owner
   *[other] Co-teacher
}
courses-machine-title = States of the course
courses-machine-some = { $role ->
    [operator] The course is { $state }. As the operator you can move it to: { $open }.
    [admin] The course is { $state }. An admin of the account can move it to: { $open }.
    [owner] The course is { $state }. Its owner can move it to: { $open }.
   *[other] The course is { $state }. A co-teacher can move it to: { $open }.
}
courses-machine-none = { $role ->
    [operator] The course is { $state }. The operator can’t move it.
    [admin] The course is { $state }. An admin of the account can’t move it.
    [owner] The course is { $state }. Its owner can’t move it.
   *[other] The course is { $state }. A co-teacher can’t move it.
}
courses-here = now
courses-open-to = { $role ->
    [operator] Open to the operator.
    [admin] Open to admins of the account.
    [owner] Open to the owner.
   *[other] Open to each teacher.
}
courses-not-open = Not open now, or not to this role.
courses-needs-role = { $role ->
    [operator] For the operator alone.
    [admin] For admins of the account, and for the operator.
    [owner] For the owner, for admins of the account, and for the operator.
   *[other] For teachers, for admins of the account, and for the operator.
}
courses-first-to = Not directly from { $from }. Move it to { $first } first.
courses-no-way = No way leads from { $from } to { $to }: the course was accepted already.
courses-not-before = The course was not { $state } before its suspension.
courses-accept = Accept
courses-accept-effect = Accepts the course in place of its owner. A calendar is assigned soon after.
courses-decline = Decline
courses-decline-effect = Can be taken back: it can be offered again.
courses-offer = Offer again
courses-offer-effect = Its owner can then accept it.
courses-archive = Archive
courses-archive-effect = Then only its state can change. It can be taken back.
courses-reactivate = Activate
courses-reactivate-effect = It can then be changed again.
courses-suspend = Suspend
courses-suspend-effect = Then only its owner still sees it, and no request can change it.
courses-restore = Restore
courses-restore-back = Ends the suspension: the course had this state before.
courses-restore-other = Ends the suspension in this state, which needs no acceptance.
courses-moved = The course is { $state } now.
courses-suspended-from = SUSPENDED, and { $state } before
courses-details = Details
courses-calendar-soon = is assigned soon
courses-calendar-later = is assigned once it is ACTIVE
courses-gradebook = Gradebook
courses-roster = Roster
courses-roster-empty = The list is empty. Add a person below.
courses-teachers = Teachers
courses-students = Students
courses-person = Person
courses-role-of-member = Role
courses-membership = { $membership ->
    [owner] Owner
    [teacher] Teacher
   *[other] Student
}
courses-owner-first = hand over first
courses-add-person = Add by id or address
courses-add-as = To the list
courses-add = Add
courses-remove = Remove
courses-member-added = The person was added.
courses-member-removed = { $name } was removed.
courses-aliases = Aliases
courses-aliases-more = unique in the account (d:) or in a project (p:)
courses-aliases-empty = The course has no aliases. Clients then name it by its id.
courses-alias = Alias
courses-new-alias = New alias
courses-seen-by = Seen by
courses-seen-by-account = Whole account
courses-seen-by-project = Project
courses-alias-added = The alias { $alias } was added.
courses-alias-removed = The alias { $alias } was removed.
courses-periods-title = Grading periods
courses-periods-more = In order and without a shared day. Rows that are left empty count for nothing.
courses-periods-empty = The course has no grading periods.
courses-periods-apply = Apply them to the coursework that exists
courses-periods-saved = The grading periods were changed.
courses-periods-refused = Some grading periods can’t be used. The reasons stand in their rows.
courses-period-title = Title
courses-period-start = First day
courses-period-end = Last day
courses-period-current = current
courses-period-problem = { $field ->
    [title] Title: { $problem }
    [start] First day: { $problem }
    [end] Last day: { $problem }
   *[other] Id: { $problem }
}
courses-days = { $first } to { $last }
courses-required = This is required.
courses-unusable = This can’t be used. Load the page again.
courses-text-characters = The text has characters that can’t be stored.
courses-text-too-long = At most { $max } characters.
courses-no-first-state = A course can’t begin as { $state }.
courses-no-date = This is not a date.
courses-too-many-periods = There are more than 100 grading periods.
courses-title-twice = An earlier period has the same title.
courses-end-before-start = It ends before it starts.
courses-out-of-order = It is earlier than the period before it.
courses-overlap = It shares days with the period before it.
courses-denied = The account does not allow this.
courses-no-licence = The account has no licence to write grading periods.
courses-no-such-person = The account has no such person.
courses-not-archived = A course that is { $state } can’t be deleted. Archive it first.
courses-alias-taken = Another course has this alias.
courses-no-project = An alias with p: needs a project, and the account has none.
courses-no-aliases-in = The aliases of a course that is { $state } can’t be changed.
courses-not-modifiable = In a course that is { $state }, only the state can change.
courses-not-suspended = The course is { $state }, not suspended.
courses-unknown-origin = The state before the suspension is unknown. Choose the state in which the course goes on.
courses-refused = Some fields can’t be used. The reasons stand beside them.
courses-cannot-own = Only a person can own a course.
courses-person-inactive = This person is disabled or was deleted.
courses-name-has-url = The name of a course can’t contain the address of a web page.
courses-no-such-move = A course that is { $from } can’t become { $to }.
courses-owner-already = This person owns the course already.
courses-owner-no-teacher = Only another teacher of the course can become its owner. Add the person to the teachers first.
courses-alias-no-scope = An alias begins with d: or p:
courses-alias-empty = An alias needs a name after its prefix.
courses-alias-too-long = An alias has at most 256 characters.
courses-already-member = { $membership ->
    [owner] This person owns the course.
    [teacher] This person is a teacher of the course already.
   *[other] This person is a student of the course already.
}
courses-not-member = This person is not on this list.
courses-owner-stays = The owner can’t be removed. Hand the course over first.
