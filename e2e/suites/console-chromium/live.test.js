// What renews itself: new content comes without loading the page anew.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch } from '../../browser/content.js';
import { assertQuiet } from './checks.js';

let browser, server, account, base;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), launch()]);
  account = await server.account({ name: 'Okul' });
  base = `${server.operations}/console/${account.id}/`;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('the charts show what the process does, within six seconds', async () => {
  const visit = await browser.visit(`${base}now`, { locale: 'en' });
  const { page } = visit;
  await page.evaluate(() => { globalThis.kept = true; });
  await page.locator('[data-live-on]').waitFor();
  const charts = page.locator('[data-live-part=charts]');
  const before = await charts.innerHTML();
  for (let count = 0; count < 20; count += 1) await account.get('/v1/courses');
  await page.waitForFunction((old) => document.querySelector('[data-live-part=charts]').innerHTML !== old, before, { timeout: 6_000 });
  assert.equal(await page.evaluate(() => globalThis.kept), true);
  assertQuiet(visit);
  await visit.close();
});

test('what was open stays open, and focus stays', async () => {
  const visit = await browser.visit(`${base}now`, { locale: 'en' });
  const { page } = visit;
  const table = page.locator('[data-live-part=charts] details').first();
  await table.locator('summary').focus();
  await page.keyboard.press('Enter');
  const id = await page.evaluate(() => document.activeElement.id);
  await page.evaluate(() => document.querySelector('[data-live-part=charts] svg').setAttribute('data-old', ''));
  await account.get('/v1/courses');
  await page.waitForFunction(() => !document.querySelector('[data-old]'), null, { timeout: 11_000 });
  assert.equal(await table.getAttribute('open'), '');
  assert.equal(await page.evaluate(() => document.activeElement.id), id);
  assertQuiet(visit);
  await visit.close();
});

test('a request is in the journal within a second', async () => {
  const visit = await browser.visit(`${base}requests`, { locale: 'en' });
  const { page } = visit;
  await page.locator('[data-live-on]').waitFor();
  for (const path of ['/v1/courses/first', '/v1/courses/second', '/v1/courses/third']) {
    await account.request('GET', path);
    await page.locator('[data-live-part=rows] tbody tr').filter({ hasText: path }).first().waitFor({ timeout: 1_000 });
  }
  assertQuiet(visit);
  await visit.close();
});

test('a page whose stream has ended says so, and goes on by itself', { timeout: 30_000 }, async () => {
  const own = await launch();
  const made = await own.account({ name: 'Okul' });
  const visit = await browser.visit(`${own.operations}/console/${made.id}/now`, { locale: 'en' });
  await visit.page.locator('[data-live-on]').waitFor();
  await own.stop();
  await visit.page.locator('[data-live-state]').waitFor({ timeout: 10_000 });
  assert.match(await visit.page.locator('[data-live-state]').innerText(), /\d/);
  // The page stays readable.
  assert.ok((await visit.page.locator('main').innerText()).length > 100);
  await visit.close();
});
