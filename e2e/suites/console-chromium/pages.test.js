// Each page of the console in each language: what it says, what it asks for, how wide it is, and whether it is accessible.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch, school } from '../../browser/content.js';
import { pagesOf } from '../../browser/pages.js';
import { LANGUAGES, assertGood, assertQuiet, findings } from './checks.js';

/** The most bytes that a page takes with its style sheet, its scripts and its icons. */
const MOST_BYTES = 60_000;

let browser, server, base, pages;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), launch()]);
  const account = await school(server);
  base = `${server.operations}/console/${account.id}/`;
  pages = await pagesOf(base);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const language of Object.keys(LANGUAGES)) {
  test(`each page is good in ${language}`, { timeout: 180_000 }, async (t) => {
    const visit = await browser.open({ locale: language, colorScheme: 'light' });
    for (const [name, url] of pages) {
      await t.test(name, async () => {
        visit.errors.length = 0;
        const answer = await visit.page.goto(url);
        assert.equal(answer.status(), 200);
        await assertGood(visit, language);
      });
    }
    for (const [name, act] of Object.entries(DEEDS)) {
      await t.test(name, async () => {
        visit.errors.length = 0;
        await act(visit.page);
        await assertGood(visit, language);
      });
    }
    await visit.close();
  });
}

/** Pages that answer a form. Nothing is changed. */
const DEEDS = {
  'a deed on many jobs asks first': async (page) => {
    await page.goto(`${base}jobs?state=scheduled`);
    for (const box of (await page.locator('tbody .tick input').all()).slice(0, 3)) await box.check();
    await page.locator('button[name=do][value=cancel]').click();
    await page.locator('input[name=sure]').first().waitFor({ state: 'attached' });
  },
  'a batch has verdicts': async (page) => {
    await page.goto(`${base}sessions/batch`);
    const csv = 'name;start_date;duration\nCS201;02.09.2030 10:00;80\nGeçmiş;02.09.2010 10:00;80\n';
    await page.locator('#batch').fill(csv);
    await page.locator('form button[type=submit]:not([formaction])').last().click();
    await page.locator('#h-verdicts').waitFor();
  },
  'a refused form says why': async (page) => {
    await page.goto(`${base}sessions/new`);
    await page.locator('#f-name').fill('');
    await page.locator('main form .btn.primary').click();
    await page.locator('[aria-invalid]').first().waitFor();
  },
  'an erasure asks first': async (page) => {
    await page.goto(`${base}jobs/new`);
    await page.locator('#user').fill('zeynep.aydin@okul.example');
    await page.locator('main form .btn.primary').click();
    await page.locator('input[name=sure]').waitFor({ state: 'attached' });
  },
  'an address without a page': async (page) => {
    const answer = await page.goto(`${base}nothing-here`);
    assert.equal(answer.status(), 404);
  },
};

test('each page is small, and has enough contrast in the dark', { timeout: 180_000 }, async (t) => {
  const visit = await browser.open({ locale: 'en', colorScheme: 'dark' });
  // The first page brings the style sheet, the scripts and the icons, which the browser keeps.
  const sizes = [];
  visit.page.on('requestfinished', (request) => sizes.push([request.isNavigationRequest(), request.sizes()]));
  const bytesOf = async (isPage) => {
    const found = await Promise.all(sizes.filter(([of]) => of === isPage).map(([, size]) => size));
    return found.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
  };
  let files;
  for (const [name, url] of pages) {
    await t.test(name, async () => {
      sizes.length = 0;
      await visit.page.goto(url, { waitUntil: 'load' });
      files ??= await bytesOf(false);
      assert.ok(files > 10_000, `${files} bytes of files`);
      const bytes = files + (await bytesOf(true));
      assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
      assert.deepEqual(await findings(visit.page, ['color-contrast']), []);
    });
  }
  assertQuiet(visit);
  await visit.close();
});

test('each page reads without JavaScript', async (t) => {
  const visit = await browser.open({ locale: 'en', javaScriptEnabled: false });
  for (const [name, url] of pages) {
    await t.test(name, async () => {
      const answer = await visit.page.goto(url);
      assert.equal(answer.status(), 200);
      assert.ok((await visit.page.locator('main').innerText()).length > 40);
      // Nothing waits for a script to fill it.
      assert.equal(await visit.page.locator('main [aria-busy=true]').count(), 0);
    });
  }
  await t.test('a form', async () => {
    await visit.page.goto(`${base}sessions/new`);
    await visit.page.locator('#f-name').fill('Ölçme ve değerlendirme');
    await visit.page.locator('#f-start_date').fill('2026-03-13 17:30');
    await visit.page.locator('main form .btn.primary').click();
    await visit.page.locator('#note').waitFor();
    assert.match(await visit.page.locator('main').innerText(), /Ölçme ve değerlendirme/);
  });
  assertQuiet(visit);
  await visit.close();
});

test('a filter swaps the list alone, and its state is an address', async () => {
  const visit = await browser.visit(`${base}sessions?view=list`, { locale: 'en' });
  const { page } = visit;
  await page.evaluate(() => { globalThis.kept = true; });
  await page.locator('main .filters input[type=search]').fill('titrasyon');
  await page.locator('main .filters button[type=submit]').click();
  await page.waitForURL(/name=titrasyon/);
  await page.waitForFunction(() => document.querySelectorAll('#list tbody a.name').length === 1);
  assert.equal(await page.evaluate(() => globalThis.kept), true, 'the page was not loaded anew');
  const found = await page.locator('#list tbody').innerText();
  await page.reload();
  assert.equal(await page.locator('#list tbody').innerText(), found);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll('#list tbody a.name').length > 5);
  assertQuiet(visit);
  await visit.close();
});
