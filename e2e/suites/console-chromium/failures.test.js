// A list that can't be renewed: what the page shows stays, and a note above it says what failed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch } from '../../browser/content.js';
import { LANGUAGES, assertGood, assertQuiet } from './checks.js';

const COURSES = ['Fizik 10-A', 'Kimya 11-A'];

/** What the browser asks for when a filter is sent. */
const FILTERED = /\/courses\?/;

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A new account with courses, and the page that lists them. */
async function listed(of, locale = 'en') {
  const account = await of.account();
  for (const name of COURSES) await account.post('/v1/courses', { name, ownerId: 'me', courseState: 'ACTIVE' });
  const visit = await browser.visit(`${of.operations}/console/${account.id}/courses`, { locale });
  return { account, visit, page: visit.page };
}

async function search(page, text) {
  await page.locator('main .filters input[name=q]').fill(text);
  await page.locator('main .filters button[type=submit]').click();
}

const rows = (page) => page.locator('#list tbody a.name').allInnerTexts();

/** Sends a filter, and returns the note that comes. The list and the address stay. */
async function searchInVain(page) {
  await page.evaluate(() => document.querySelector('#failure').replaceChildren());
  const [address, shown] = [page.url(), await rows(page)];
  assert.equal(shown.length, COURSES.length);
  await search(page, 'Fizik');
  const note = page.locator('#failure[role=alert] .note.bad');
  await note.waitFor({ state: 'visible' });
  assert.deepEqual(await rows(page), shown);
  assert.equal(page.url(), address);
  return note.innerText();
}

test('what the console says of a failure stands above the list, in each language', async (t) => {
  const said = new Set();
  for (const language of Object.keys(LANGUAGES)) {
    await t.test(language, async () => {
      const { account, visit, page } = await listed(server, language);
      // The list of an account that is gone is the failure that is easy to have.
      await account.end();
      said.add(await searchInVain(page));
      await assertGood(visit, language);
      await visit.close();
    });
  }
  assert.equal(said.size, Object.keys(LANGUAGES).length);
});

test('a failure of a server in between is told, and the note goes once the list is there', async (t) => {
  const { visit, page } = await listed(server);
  for (const status of [403, 429, 500, 502, 503, 504]) {
    await t.test(`${status}`, async () => {
      await page.route(FILTERED, (route) => route.fulfill({ status, contentType: 'text/html', body: '<h1>Sorry</h1>' }));
      const said = await searchInVain(page);
      assert.match(said, /does not answer/);
      assert.ok(!(await page.content()).includes('Sorry'));
      await page.unroute(FILTERED);
    });
  }
  await search(page, 'Fizik');
  await page.waitForURL(/q=Fizik/);
  await page.waitForFunction(() => document.querySelectorAll('#list tbody a.name').length === 1);
  assert.equal(await page.locator('#failure .note').count(), 0);
  // The browser itself tells of each answer above 399.
  visit.errors = visit.errors.filter((error) => !error.includes('responded with a status of 5'));
  assertQuiet(visit);
  await visit.close();
});

test('a filter that is refused leads to the page that says why', async () => {
  const { account, visit, page } = await listed(server);
  await page.goto(`${server.operations}/console/${account.id}/audit`);
  const form = page.locator('main form').filter({ has: page.locator('input[name=job]') });
  await form.locator('input[name=job]').fill('x');
  await form.locator('button[type=submit]').click();
  await page.locator('input[name=job][aria-invalid=true]').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('job'), 'x');
  assert.equal(await page.locator('#list').count(), 1);
  await visit.close();
});

test('the way back to a list that is gone shows why, under the address of the list', async () => {
  const { account, visit, page } = await listed(server);
  const address = page.url();
  await search(page, 'Fizik');
  await page.waitForURL(/q=Fizik/);
  await account.end();
  await page.goBack();
  await page.waitForFunction(() => !document.querySelector('#list'));
  assert.equal(page.url(), address);
  assert.match(await page.locator('h1').innerText(), /not here|not found|no such/i);
  await visit.close();
});

test('no answer at all is told', async () => {
  const own = await launch();
  const { visit, page } = await listed(own);
  await own.stop();
  assert.match(await searchInVain(page), /does not answer/);
  await visit.close();
});
