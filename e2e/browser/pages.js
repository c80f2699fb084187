// The pages of the console, each once.

/** Addresses below that of the account. A function finds the address in the page of a list. */
const PAGES = [
  ['now', 'now'],
  ['week', 'sessions'],
  ['sessions', 'sessions?view=list'],
  ['session', first('sessions?view=list&name=titrasyon', /sessions\/[0-9a-f-]{36}/)],
  ['session-new', 'sessions/new'],
  ['session-edit', first('sessions?view=list&name=titrasyon', /sessions\/[0-9a-f-]{36}/, '/edit')],
  ['session-delete', first('sessions?view=list&name=titrasyon', /sessions\/[0-9a-f-]{36}/, '/delete')],
  ['batch', 'sessions/batch'],
  ['courses', 'courses'],
  ['course', first('courses?q=Kimya', /courses\/\d+/)],
  ['course-new', 'courses/new'],
  ['course-edit', first('courses?q=Kimya', /courses\/\d+/, '/edit')],
  ['course-delete', first('courses?q=Kimya', /courses\/\d+/, '/delete')],
  ['course-periods', first('courses?q=Kimya', /courses\/\d+/, '/periods')],
  ['jobs', 'jobs'],
  ['jobs-failed', 'jobs?state=failed'],
  ['jobs-nothing', 'jobs?q=nothing-like-this'],
  ['job', first('jobs?state=failed', /jobs\/-?\d+/)],
  ['job-new', 'jobs/new'],
  ['people', 'people'],
  ['person', first('people?q=Zeynep', /people\/\d+/)],
  ['person-new', 'people/new'],
  ['person-passive', first('people?q=Zeynep', /people\/\d+/, '/passive')],
  ['person-delete', first('people?q=Zeynep', /people\/\d+/, '/delete')],
  ['keys', 'keys'],
  ['key', first('keys?kind=access-key', /keys\/\d+/)],
  ['key-new', 'keys/new'],
  ['key-revoke', first('keys?kind=access-key', /keys\/\d+/, '/revoke')],
  ['audit', 'audit'],
  ['requests', 'requests'],
  ['request', first('requests', /requests\/\d+/)],
  ['control', 'control'],
  ['connect', 'connect'],
  ['find', 'find?q=Kimya'],
];

function first(list, form, more = '') {
  return { list, form: new RegExp(`href="[^"]*/(${form.source})["#?]`, 'i'), more };
}

/** The name and the address of each page of an account: `base` is the address of the account, with a slash at its end. */
export async function pagesOf(base) {
  const lists = new Map();
  const read = async (list) => {
    if (!lists.has(list)) lists.set(list, (await fetch(base + list)).text());
    return lists.get(list);
  };
  const found = [];
  for (const [name, place] of PAGES) {
    if (typeof place === 'string') {
      found.push([name, base + place]);
      continue;
    }
    const address = place.form.exec(await read(place.list))?.[1];
    if (!address) throw new Error(`${place.list} has no link of the form ${place.form}`);
    found.push([name, base + address + place.more]);
  }
  return found;
}
