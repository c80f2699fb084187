// Files that a browser gets and sends: snapshots on the page "Time and faults".
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch } from '../../browser/content.js';
import { LANGUAGES, assertGood, assertQuiet } from './checks.js';

let browser, server, account, base, visit, page;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), launch()]);
});

beforeEach(async () => {
  account = await server.account();
  await addCourse('Fizik 10-A');
  base = `${server.operations}/console/${account.id}/`;
  visit = await browser.visit(`${base}control`, { locale: 'en' });
  page = visit.page;
});

afterEach(async () => {
  assertQuiet(visit);
  await visit.close();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const addCourse = (name) => account.post('/v1/courses', { name, ownerId: 'me', courseState: 'ACTIVE' });

async function courses() {
  return (await account.get('/v1/courses')).courses.map(({ name }) => name).sort();
}

/** The line of a snapshot on the page. */
const line = (name) => page.locator('#snapshots tbody tr').filter({ hasText: name });

/** Waits for what the next page says, which has focus. */
async function note() {
  await page.waitForFunction(() => document.activeElement?.id === 'note');
  return page.locator('#note').innerText();
}

async function take(name) {
  const form = page.locator('#snapshots form[action$="/control/snapshots"]');
  await form.locator('input[name=name]').fill(name);
  await form.locator('button').click();
  await line(name).waitFor();
}

/** Downloads a snapshot, and returns the place of its file. */
async function download(name) {
  const [file] = await Promise.all([page.waitForEvent('download'), line(name).getByRole('link', { name: /Download/ }).click()]);
  assert.equal(file.suggestedFilename(), `${name}.derslik`);
  return file.path();
}

/** Sends a file from the page: its place, or what Playwright takes for a file. */
async function upload(file, name) {
  const form = page.locator('#snapshots form[enctype="multipart/form-data"]');
  await form.locator('input[type=file]').setInputFiles(file);
  await form.locator('input[name=name]').fill(name);
  await form.locator('button').click();
}

test('a snapshot is downloaded, sent back and restored', async () => {
  await take('once');
  const file = await download('once');
  await line('once').getByRole('button', { name: /Remove/ }).click();
  await line('once').waitFor({ state: 'detached' });
  await addCourse('Kimya 11-A');
  assert.deepEqual(await courses(), ['Fizik 10-A', 'Kimya 11-A']);

  await upload(file, 'sent-back');
  assert.match(await note(), /sent-back/);
  assert.deepEqual((await account.snapshotList()).map(({ name }) => name), ['sent-back']);

  await line('sent-back').getByRole('link', { name: /Restore/ }).click();
  await page.locator('main button.sure').click();
  await page.waitForURL(/\/control\?note=/);
  assert.match(await note(), /sent-back/);
  assert.deepEqual(await courses(), ['Fizik 10-A']);
});

const NO_SNAPSHOTS = {
  'another file': () => Buffer.from('# Notlar\n'),
  'a part of a snapshot': (whole) => whole.subarray(0, whole.length / 2),
};

/** What was said of each of them, in all languages. */
const said = new Set();

for (const language of Object.keys(LANGUAGES)) {
  for (const [name, contents] of Object.entries(NO_SNAPSHOTS)) {
    test(`${name} is refused with a reason, in ${language}`, async () => {
      await take('once');
      const buffer = contents(readFileSync(await download('once')));
      await page.goto(`${server.operations}/console/language/${language}?to=${new URL(base).pathname}control`);
      await upload({ name: 'file.derslik', mimeType: 'application/octet-stream', buffer }, 'refused');
      await page.locator('#load-file-err').waitFor();
      // The note at the top says that nothing was changed, and the field says why.
      said.add(await note());
      said.add(await page.locator('#load-file-err').evaluate((reason) => reason.firstChild.textContent.trim()));
      const field = page.locator('#snapshots input[type=file]');
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      assert.equal(await field.getAttribute('aria-describedby'), 'load-file-err');
      assert.equal(await page.locator('#snapshots form[enctype] input[name=name]').inputValue(), 'refused');
      assert.deepEqual((await account.snapshotList()).map((kept) => kept.name), ['once']);
      await assertGood(visit, language);
    });
  }
}

test('both texts of a refused file are in the language of the visitor', () => {
  assert.equal(said.size, 2 * Object.keys(LANGUAGES).length, [...said].join('\n'));
});
