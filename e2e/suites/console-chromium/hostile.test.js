// Texts that want to be markup, scripts or formats, as names of everything that has one: they are shown as they are, and do nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch } from '../../browser/content.js';
import { assertQuiet } from './checks.js';

const PAYLOADS = [
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  '<svg><script>alert&#40;1&#41;</script></svg>',
  '<iframe srcdoc="<script>parent.alert(1)</script>">',
  '<a href="javascript:alert(1)" autofocus>x</a>',
  'javascript:alert(1)',
  '" autofocus onfocus="alert(1)',
  "' onmouseover='alert(1)",
  '` onclick=alert(1) `',
  '<style>*{display:none}</style>',
  '<link rel=stylesheet href=//evil.example/a.css>',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<form action=//evil.example><button>go</button></form>',
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '</select><img src=x onerror=alert(1)>',
  '--><script>alert(1)</script>',
  ']]><script>alert(1)</script>',
  '<details open ontoggle=alert(1)>',
  '<div hx-get="/console" hx-trigger="load">',
  '<div hx-on:load="alert(1)">',
  '<input data-copy="body" value=x>',
  '<template><script>alert(1)</script></template>',
  '{{ 7*7 }}{% raw %}',
  '${alert(1)}#{7*7}<%= 7*7 %>',
  '&lt;b&gt;&amp;&#60;i&#62;',
  "=HYPERLINK(\"http://evil.example\")",
  "'; DROP TABLE sessions; --",
  '..%2f..%2f?a=b#c',
  '\u202Eevil\u202C.txt',
  '\u200F<b>\u200F مرحبا</b>',
  '\\u003cscript\\u003ealert(1)\\u003c/script\\u003e',
  '<<a|"b\'c`d>> & <!-- x',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
  'x\u2028alert(1)\u2029y',
];

const KINDS = ['sessions', 'courses', 'people', 'jobs', 'requests'];
const COUNT = { sessions: 40, courses: 30, people: 15, jobs: 15 };
const of = (kind) => PAYLOADS.slice(0, COUNT[kind]);

/** How a browser shows a text in a line: runs of white space are one space. */
const shown = (text) => text.replace(/\s+/gu, ' ').trim();

let browser, server, account, base, visit, page;
const stored = {};

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), launch()]);
  account = await server.account({ name: 'Okul <script>alert(1)</script>' });
  await account.clock.freeze('2026-03-11T10:24:07+03:00');
  base = `${server.operations}/console/${account.id}/`;
  await fill();
  visit = await browser.open({ locale: 'en' });
  page = visit.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function fill() {
  const batch = of('sessions').map((name, at) => {
    return { name, start_date: `2026-03-12T${10 + (at % 10)}:00:00`, duration: 40, description: name, tags: name };
  });
  const { approved } = await account.post('/xapi/v2/session/batch', batch);
  stored.sessions = approved.map(({ name }) => name);
  for (const name of of('courses')) {
    await account.post('/v1/courses', { name, ownerId: 'me', section: name, room: name, description: name, courseState: 'ACTIVE' });
  }
  stored.courses = of('courses');
  stored.people = [];
  for (const [at, name] of of('people').entries()) {
    const own = { email: `kisi${at}@okul.example`, username: `kisi${at}`, password: 'uzun-bir-parola' };
    const person = { ...own, name, surname: name, role: 'u', status: 1 };
    const { status } = await account.request('POST', '/xapi/user', { body: person });
    if (status < 400) stored.people.push(name);
  }
  stored.jobs = [];
  for (const user of of('jobs')) {
    const { status } = await account.request('DELETE', `/api/v1/${account.project.key}/users/${encodeURIComponent(user)}`);
    if (status < 400) stored.jobs.push(user);
  }
  // Headers and paths of the journal, and those of faults.
  for (const name of PAYLOADS.filter((text) => /^[\x20-\x7e]+$/.test(text))) {
    const encoded = encodeURIComponent(name);
    await account.request('GET', `/v1/courses/${encoded}?x=${encoded}`, { headers: { 'X-Note': name, 'User-Agent': name } });
    await account.request('POST', '/xapi/v2/session/search', { body: { name } });
  }
  await account.faults.add('delay', { millis: 1, path: '/v1/<script>alert(1)</script>/*' });
}

/** The texts of the elements on a page, and on those that the link leads to, one after the other. */
async function texts(path, selector, next) {
  const found = [];
  await page.goto(base + path);
  for (let count = 0; count < 10; count += 1) {
    await assertInert();
    found.push(...(await page.locator(selector).evaluateAll((all) => all.map((e) => e.textContent))));
    const link = next && page.locator(next);
    if (!link || (await link.count()) === 0) break;
    await Promise.all([page.waitForNavigation(), link.first().click()]);
  }
  return found.map(shown);
}

/** No element of the page comes from a text. */
async function assertInert() {
  const foreign = await page.evaluate(() => {
    const isHandler = ({ name }) => name.startsWith('on') || name.startsWith('hx-on');
    const handlers = [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some(isHandler));
    const scripts = [...document.querySelectorAll('script')].filter((e) => !e.src.startsWith(`${location.origin}/console/assets/`));
    const others = [...document.querySelectorAll('iframe, base, style, math, object, embed, meta[http-equiv], [href^="javascript:"], img')];
    return [...handlers, ...scripts, ...others].map((e) => e.outerHTML.slice(0, 100));
  });
  assert.deepEqual(foreign, []);
  assertQuiet(visit);
}

function assertHas(found, wanted) {
  const missing = wanted.map(shown).filter((text) => !found.some((other) => other.includes(text)));
  assert.deepEqual(missing, []);
}

test('there are a hundred of them', () => {
  const count = Object.values(stored).reduce((sum, names) => sum + names.length, 0);
  assert.ok(count >= 100, JSON.stringify(Object.fromEntries(Object.entries(stored).map(([kind, names]) => [kind, names.length]))));
});

test('names of sessions', async () => {
  assertHas(await texts('sessions?view=list', 'tbody a.name', '#list footer a:has-text("Later")'), stored.sessions);
  await texts('sessions', '.week a');
});

test('names of courses', async () => {
  assertHas(await texts('courses', 'tbody a.name', '#list footer a:has-text("Older")'), stored.courses);
});

test('names of people', async () => {
  assertHas(await texts('people', 'tbody a.name', '#list footer a[rel=next]'), stored.people);
});

test('references of jobs', async () => {
  assertHas(await texts('jobs', 'tbody tr', '#list footer a[href]:has-text("Older")'), stored.jobs);
});

test('pages of single things', async () => {
  for (const list of ['sessions?view=list', 'courses', 'people', 'jobs', 'requests']) {
    await page.goto(base + list);
    const addresses = await page.locator('tbody a.name').evaluateAll((all) => all.map((e) => e.href));
    for (const address of addresses.slice(0, 8)) {
      await page.goto(address);
      await assertInert();
    }
  }
});

test('the journal', async () => {
  const found = await texts('requests', 'tbody tr', '#list footer a[href]:has-text("Older")');
  assert.ok(found.some((text) => text.includes('script')));
});

test('the other pages', async () => {
  for (const path of ['now', 'keys', 'audit', 'control', 'connect']) await texts(path, 'h1');
});

test('texts that are searched for', async () => {
  for (const text of PAYLOADS.filter((_, at) => at % 3 === 1)) {
    for (const path of ['find?q=', 'jobs?q=', 'courses?q=', 'people?q=', 'sessions?view=list&name=', 'requests?q=']) {
      await page.goto(base + path + encodeURIComponent(text));
      await assertInert();
    }
  }
});

test('texts that a form brings back', async () => {
  for (const text of PAYLOADS.filter((text) => /[<"']/.test(text)).slice(0, 8)) {
    await page.goto(`${base}courses/new`);
    await page.locator('#f-name').fill('');
    await page.locator('#f-description').fill(text);
    await page.locator('main form .btn.primary').click();
    await page.locator('[aria-invalid]').first().waitFor();
    assert.equal(await page.locator('#f-description').inputValue(), text);
    await assertInert();
  }
});
