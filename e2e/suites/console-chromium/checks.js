// What holds for every page of the console.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(new URL('../../browser/package.json', import.meta.url)).resolve('axe-core/axe.min.js'), 'utf8');

/** The languages with their direction. */
export const LANGUAGES = { en: 'ltr', tr: 'ltr', ar: 'rtl' };

const WIDTHS = [320, 1440];

/** Chromium tells each answer above 399 in its console. */
const isOfStatus = (error) => error.startsWith('Failed to load resource: the server responded with a status of 4');

/** Nothing left this machine, no dialog was shown, and the console is clean: a violation of the policy of the page would stand there. */
export function assertQuiet({ foreign, errors, dialogs }) {
  assert.deepEqual(foreign, []);
  assert.deepEqual(dialogs, []);
  assert.deepEqual(errors.filter((error) => !isOfStatus(error)), []);
}

/** What a page has too much at its side, at each width: nothing. */
async function assertFits(page) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => {
      const most = document.documentElement.clientWidth;
      if (document.scrollingElement.scrollWidth <= most) return [];
      const isInside = (e) => e && e !== document.body && (getComputedStyle(e).overflowX !== 'visible' || isInside(e.parentElement));
      const sticks = (e) => (e.getBoundingClientRect().right > most + 1 || e.getBoundingClientRect().left < -1) && !isInside(e);
      const found = [...document.body.querySelectorAll('*')].filter(sticks).slice(0, 5);
      return [`${document.scrollingElement.scrollWidth} of ${most}`, ...found.map((e) => e.outerHTML.slice(0, 120))];
    });
    assert.deepEqual(wide, [], `at ${width} px`);
  }
}

/** The serious findings about accessibility. `rules` are those that are asked; all without them. */
export async function findings(page, rules) {
  await page.evaluate(AXE);
  const options = { resultTypes: ['violations'], preload: false, ...(rules && { runOnly: rules }) };
  return page.evaluate(async (options) => {
    const { violations } = await globalThis.axe.run(document, options);
    const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    const told = (id, { html, any }) => `${id}: ${html.slice(0, 200)} ${any[0]?.message ?? ''}`;
    return serious.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => told(id, node)));
  }, options);
}

/** The answer to a request with exactly these headers. */
export function ask(method, url, headers = {}, body = '') {
  return new Promise((found, failed) => {
    const sent = { 'Content-Length': Buffer.byteLength(body), ...headers };
    const asked = request(url, { method, headers: sent }, async (answer) => {
      const parts = await answer.toArray();
      found({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() });
    });
    asked.on('error', failed);
    asked.end(body);
  });
}

/** The token that the forms of a page carry. */
export const formToken = (html) => /name="form_token" value="([0-9a-f]+)"/.exec(html)[1];

/** What holds for a page that is shown, in that language. */
export async function assertGood(visit, language) {
  const { page } = visit;
  const root = await page.evaluate(() => {
    const { lang, dir } = document.documentElement;
    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
    return { lang, dir, headings: document.querySelectorAll('h1').length, title: document.title.endsWith(' · Derslik'), twice };
  });
  assert.deepEqual(root, { lang: language, dir: LANGUAGES[language], headings: 1, title: true, twice: [] });
  await assertFits(page);
  assert.deepEqual(await findings(page), []);
  assertQuiet(visit);
}
