// The main tasks by the keyboard alone.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch, school } from '../../browser/content.js';
import { assertQuiet } from './checks.js';

/** How often Tab is pressed until something has focus: more often than any page has stops. */
const MOST_TABS = 200;

let browser, server, account, base, visit, page;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), launch()]);
  account = await school(server);
  base = `${server.operations}/console/${account.id}/`;
});

beforeEach(async () => {
  visit = await browser.visit(`${base}now`, { locale: 'en' });
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

/** Presses Tab until an element has focus that matches, and whose text contains the words. */
async function tabTo(selector, words = '', key = 'Tab') {
  for (let count = 0; count < MOST_TABS; count += 1) {
    await page.keyboard.press(key);
    const found = await page.evaluate(([selector, words]) => {
      const focused = document.activeElement;
      return focused.matches(selector) && (focused.textContent + focused.value).includes(words);
    }, [selector, words]);
    if (found) return assertFocusIsSeen();
  }
  throw new Error(`Tab did not come to ${selector} ${words} in ${MOST_TABS} steps`);
}

/** What has focus is on the screen, and has a ring. */
async function assertFocusIsSeen() {
  const seen = await page.evaluate(() => {
    const focused = document.activeElement;
    const { top, bottom, width, height } = focused.getBoundingClientRect();
    const style = getComputedStyle(focused);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    return { ring, onScreen: bottom > 0 && top < innerHeight && width > 0 && height > 0, what: focused.outerHTML.slice(0, 100) };
  });
  assert.ok(seen.ring && seen.onScreen, JSON.stringify(seen));
}

/** Presses Enter, and waits for the next page. */
async function enter() {
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

test('the first Tab leads past the navigation', async () => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.matches('a.skip')), true);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});

test('a session is found', async () => {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('titrasyon');
  await enter();
  if (!page.url().includes('/sessions/')) {
    await tabTo('main a.name', 'titrasyon');
    await enter();
  }
  assert.match(await page.locator('h1').innerText(), /titrasyon deneyi/);
});

test('what has a number or an alias is found by it, and what there is not is said', async () => {
  const course = await account.get('/v1/courses/d:kimya-11a');
  const person = account.users.teacher.id;
  const found = [[course.id, /Kimya 11-A/], ['d:kimya-11a', /Kimya 11-A/], [person, /People|Find/]];
  const missing = ['123456', 'd:none', 'p:none'].map((text) => [text, /Find/]);
  for (const [text, heading] of [...found, ...missing]) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(String(text));
    await enter();
    assert.match(await page.locator('h1').innerText(), heading, `${text}`);
  }
});

test('three jobs are cancelled', async () => {
  await tabTo('.side a', 'Jobs');
  await enter();
  await tabTo('.tabs a', 'Scheduled');
  await enter();
  const rows = await page.locator('tbody tr').count();
  for (let count = 0; count < 3; count += 1) {
    await tabTo('tbody .tick input');
    await page.keyboard.press('Space');
  }
  assert.match(await page.locator('.bulk output').innerText(), /3/);
  await tabTo('.bulk button', 'Cancel', 'Shift+Tab');
  await enter();
  assert.equal(await page.locator('main tbody tr').count(), 3);
  await tabTo('main form button.danger');
  await enter();
  // What was done is said, and has focus.
  await page.waitForFunction(() => document.activeElement?.id === 'note');
  assert.match(await page.locator('#note').innerText(), /3 jobs/);
  await page.goto(`${base}jobs?state=scheduled`);
  assert.equal(await page.locator('tbody tr').count(), rows - 3);
});

test('arrow keys lead through the rows of a list', async () => {
  await page.goto(`${base}courses`);
  await tabTo('tbody a.name');
  const names = await page.locator('tbody a.name').allInnerTexts();
  for (const [key, at] of [['ArrowDown', 1], ['ArrowDown', 2], ['ArrowUp', 1]]) {
    await page.keyboard.press(key);
    assert.equal(await page.evaluate(() => document.activeElement.innerText), names[at]);
  }
});

test('a key is rotated', async () => {
  await tabTo('.side a', 'Keys');
  await enter();
  const keys = await page.locator('tbody a.name').count();
  await tabTo('tbody a.btn', 'Rotate');
  await enter();
  await tabTo('main form .btn.primary');
  await enter();
  await page.waitForFunction(() => document.activeElement?.id === 'note');
  // The name of the key comes first, and then its secret.
  const secret = await page.locator('.secret code').nth(1).innerText();
  assert.ok(secret.length >= 32, secret);
  // It is shown once.
  await page.reload();
  assert.equal(await page.locator('.secret').count(), 0);
  assert.ok(!(await page.content()).includes(secret));
  await page.goto(`${base}keys`);
  assert.equal(await page.locator('tbody a.name').count(), keys + 1);
});

test('a course is moved', async () => {
  await tabTo('.side a', 'Courses');
  await enter();
  await tabTo('tbody a.name', 'Fizik');
  await enter();
  await tabTo('.moves button', 'ARCHIVED');
  await enter();
  await page.waitForFunction(() => document.activeElement?.id === 'note');
  assert.match(await page.locator('.head .pill').innerText(), /ARCHIVED/);
  const { courses } = await account.get('/v1/courses?courseStates=ARCHIVED');
  assert.ok(courses.some(({ name }) => name.startsWith('Fizik')));
});
