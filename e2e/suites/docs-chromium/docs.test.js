// The page at /docs, as a person uses it: with the keyboard, on a narrow screen, and without a network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';

const root = process.env.E2E_URL.replace(/\/$/, '');
const KEY = 'demo-organization-key';
let browser;

before(async () => {
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
});

/** A new page that shows the documentation. */
async function docs(options = {}) {
  const visit = await browser.visit(`${root}/docs`, options);
  await visit.page.waitForSelector('details.call');
  return visit;
}

/** What must hold for every visit: nothing left this machine, and the console is clean. */
function assertQuiet({ foreign, errors }) {
  assert.deepEqual(foreign, []);
  assert.deepEqual(errors, []);
}

test('the page asks for its own files alone', async () => {
  const visit = await docs();
  const paths = visit.requests.map((url) => new URL(url).pathname).sort();
  assert.deepEqual(paths, ['/docs', '/docs/page.css', '/docs/page.js', '/openapi.json']);
  assert.match(await visit.page.title(), /^Derslik \d/);
  assert.ok((await visit.page.locator('details.call').count()) >= 30);
  assertQuiet(visit);
});

test('the browser of this test reaches no other host, and notices an attempt', async () => {
  const visit = await docs();
  const came = await visit.page.evaluate(() => fetch('https://example.com/').then(() => 'an answer', () => 'nothing'));
  assert.equal(came, 'nothing');
  // The policy of the page stops the request before it is made, and says so in the console.
  assert.deepEqual(visit.foreign, []);
  assert.ok(visit.errors.some((error) => error.includes('Content Security Policy')), JSON.stringify(visit.errors));
  await assert.rejects(visit.page.goto('https://example.com/'));
  assert.deepEqual(visit.foreign, ['https://example.com/']);
});

test('a call is opened, filled in and sent with the keyboard', async () => {
  const visit = await docs();
  const { page } = visit;
  await page.locator('#credential-organizationKey').focus();
  await page.keyboard.type(KEY);
  await page.locator('#listProjects > summary').focus();
  await page.keyboard.press('Enter');
  const send = page.locator('#listProjects button[type=submit]');
  await send.focus();
  await page.keyboard.press('Enter');
  const answer = page.locator('#listProjects pre[role=status]');
  await answer.filter({ hasText: 'projectKey' }).waitFor();
  assert.match(await answer.textContent(), /^200 /);
  assertQuiet(visit);
});

test('the line to paste does what the page does', async () => {
  const visit = await docs();
  const { page } = visit;
  await page.locator('#credential-organizationKey').fill(KEY);
  await page.locator('#createProject > summary').click();
  const name = `Ölçü 'n' عربي ${Date.now()}`;
  await page.locator('#createProject textarea').fill(JSON.stringify({ name }));
  const line = await page.locator('#createProject form > pre').first().textContent();
  const answer = JSON.parse(execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
  assert.equal(answer.data.name, name);
  assertQuiet(visit);
});

test('every call can be opened, and shows an example of its answer', async () => {
  const visit = await docs();
  const { page } = visit;
  await page.evaluate(() => document.querySelectorAll('details.call').forEach((call) => { call.open = true; }));
  // An answer without a body has no example.
  const lists = (call) => call.querySelector('form pre') && call.querySelector('details summary');
  await page.waitForFunction(`[...document.querySelectorAll('details.call')].every(${lists})`);
  const examples = await page.locator('details.call details > pre').count();
  assert.ok(examples >= 25, `${examples} examples of answers`);
  assertQuiet(visit);
});

test('the filter leaves the calls that have every word', async () => {
  const visit = await docs();
  await visit.page.locator('#filter').fill('attendee delete');
  const left = await visit.page.locator('details.call:not([hidden])').evaluateAll((calls) => calls.map((call) => call.id).sort());
  assert.deepEqual(left, ['removeAttendee', 'removeAttendeeV1']);
  assertQuiet(visit);
});

test('a narrow screen needs no scrolling to the side, in either direction of writing', async () => {
  const visit = await docs({ viewport: { width: 375, height: 800 } });
  for (const direction of ['ltr', 'rtl']) {
    await visit.page.evaluate((dir) => {
      document.documentElement.dir = dir;
      document.querySelector('#upsertSessions').open = true;
    }, direction);
    await visit.page.waitForSelector('#upsertSessions form');
    const [content, screen] = await visit.page.evaluate(() => {
      return [document.scrollingElement.scrollWidth, document.documentElement.clientWidth];
    });
    assert.ok(content <= screen, `${direction}: ${content} of ${screen}`);
  }
  assertQuiet(visit);
});
