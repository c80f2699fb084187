find-all = All that match
find-nothing = Nothing matches.
find-nothing-asked = Nothing was searched for.
find-help = A number finds a job, a course or a person. A GUID finds a session or a person. Anything else is a part of a name.
