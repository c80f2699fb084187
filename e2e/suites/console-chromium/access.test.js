// Profile production: admins sign in, viewers change nothing, and no form counts without its token.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { ROOT, serveProduction } from '../../browser/service.js';
import { LANGUAGES, ask, assertGood, assertQuiet, formToken } from './checks.js';

const PASSWORD = 'uzun bir parola 2026';
const ADMINS = { ayse: 'operator', can: 'viewer', deniz: 'operator' };
const SOURCES = join(ROOT, 'crates/adapters/console/src');

let browser, service, base, keys;

before(async () => {
  [browser, service] = await Promise.all([openBrowser(), serveProduction()]);
  keys = service.command(['account', 'create', 'okul']);
  service.command(['user', 'create', 'ali@okul.example', '--account', 'okul', '--name', 'Ali']);
  for (const [name, role] of Object.entries(ADMINS)) admin(service, name, role);
  base = `${service.operations}/console/${keys.account.id}/`;
});

after(async () => {
  await browser?.close();
  await service?.close();
});

function admin({ command }, name, role) {
  command(['admin', 'create', name, '--role', role, '--password-file', '-'], PASSWORD);
}

/** Fills in the page to sign in. */
async function fill(page, name, password) {
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=password]').fill(password);
  const answering = page.waitForResponse((answer) => answer.request().isNavigationRequest());
  await page.locator('button.primary').click();
  const answer = await answering;
  await page.waitForLoadState();
  return answer.status();
}

/** A page of an admin who has signed in. */
async function signedIn(name, options = { locale: 'en' }) {
  const visit = await browser.open(options);
  await visit.page.goto(`${base}now`);
  assert.equal(await fill(visit.page, name, PASSWORD), 303);
  assert.equal(visit.page.url(), `${base}now`);
  return visit;
}

const tokenOf = (page) => page.locator('input[name=form_token]').first().inputValue();

async function post(visit, path, form) {
  const answer = await visit.context.request.post(`${service.operations}${path}`, { form, maxRedirects: 0 });
  return { status: answer.status(), text: await answer.text() };
}

/** The addresses that take a form, as the sources add them. */
function changingRoutes() {
  const files = readdirSync(SOURCES, { recursive: true }).filter((file) => file.endsWith('.rs'));
  const sources = files.map((file) => readFileSync(join(SOURCES, file), 'utf8')).join('\n');
  const paths = [...sources.matchAll(/\.route\(\s*"([^"]*)",\s*web::(post|put|patch|delete)\(\)/g)].map(([, path]) => path);
  // A route that is written in another way would be missed.
  assert.equal([...sources.matchAll(/web::(post|put|patch|delete|method|resource)\(/g)].length, paths.length);
  return paths;
}

const OF_SIGN_INS = ['/sign-in', '/sign-out'];

/** The address of a route of the account, with something in the place of each parameter. */
function addressOf(route) {
  const values = { guid: '8293D504-13EE-447F-9B36-6686C5C39FEB', id: '100', name: 'x', number: '1' };
  const valueOf = (_, name) => values[name] ?? assert.fail(`what stands for {${name}} in ${route}?`);
  return `/console/${keys.account.id}${route.replace(/\{(\w+)\}/g, valueOf)}`;
}

test('a page leads to the page to sign in, in the language of the visitor', async (t) => {
  for (const language of Object.keys(LANGUAGES)) {
    await t.test(language, async () => {
      const visit = await browser.visit(`${base}jobs?state=failed`, { locale: language });
      assert.equal(new URL(visit.page.url()).pathname, '/console/sign-in');
      await assertGood(visit, language);
      assert.equal(await fill(visit.page, 'ayse', PASSWORD), 303);
      assert.equal(visit.page.url(), `${base}jobs?state=failed`);
      await visit.close();
    });
  }
});

test('nothing is shown to a visitor who has not signed in', async () => {
  for (const path of ['now', 'now/live', 'sessions', 'keys', 'audit/export', 'find?q=100', 'nothing-here']) {
    const answer = await fetch(base + path, { redirect: 'manual' });
    assert.equal(answer.status, 303, path);
    assert.match(answer.headers.get('location'), /^\/console\/sign-in\?to=/, path);
  }
  // A stream of events can't lead to a page.
  const stream = await fetch(`${base}now/live`, { headers: { Accept: 'text/event-stream' }, redirect: 'manual' });
  assert.equal(stream.status, 401);
  const away = await fetch(`${service.operations}/console/sign-in?to=https://evil.example/`);
  assert.ok(!(await away.text()).includes('evil.example'));
});

test('the cookie of a sign-in is for this host, for no script and for twelve hours', async () => {
  const visit = await signedIn('ayse');
  const cookie = (await visit.context.cookies()).find(({ name }) => name === 'derslik_console');
  const { httpOnly, sameSite, path, secure, expires } = cookie;
  assert.deepEqual({ httpOnly, sameSite, path, secure }, { httpOnly: true, sameSite: 'Strict', path: '/console', secure: false });
  const hours = (expires - Date.now() / 1000) / 3600;
  assert.ok(hours > 11.9 && hours <= 12, `${hours} hours`);
  assert.equal(await visit.page.evaluate(() => document.cookie.includes('derslik_console')), false);
  assertQuiet(visit);
  await visit.close();
});

test('a viewer reads every page, and each says that no more is possible', async () => {
  const visit = await signedIn('can');
  const lists = ['now', 'sessions', 'courses', 'jobs', 'people', 'keys', 'audit', 'connect', 'find'];
  const forms = ['sessions/new', 'sessions/batch', 'courses/new', 'jobs/new', 'people/new', 'people/100', 'keys/new'];
  for (const path of [...lists, ...forms]) {
    const answer = await visit.page.goto(base + path);
    assert.equal(answer.status(), 200, path);
    await visit.page.locator('#viewer').waitFor();
    // Each button that changes something is shown as not possible, with a reason that can be read.
    const open = await visit.page.locator('main form[method=post] button').evaluateAll((all) => all.filter((e) => {
      const reason = document.getElementById(e.getAttribute('aria-describedby')?.split(' ')[0] ?? '');
      return e.getAttribute('aria-disabled') !== 'true' || !reason?.textContent;
    }).map((e) => e.outerHTML.slice(0, 120)));
    assert.deepEqual(open, [], path);
  }
  for (const path of ['requests', 'control']) assert.equal((await visit.page.goto(base + path)).status(), 404, path);
  await visit.page.goto(`${base}jobs`);
  await assertGood(visit, 'en');
  await visit.close();
});

test('a viewer changes nothing, and neither does a form without its token', async (t) => {
  const [viewer, operator] = [await signedIn('can'), await signedIn('ayse')];
  const token = await tokenOf(viewer.page);
  const routes = changingRoutes().filter((route) => !OF_SIGN_INS.includes(route));
  assert.ok(routes.length >= 20, `${routes.length} routes`);
  for (const route of routes) {
    await t.test(route, async () => {
      const address = addressOf(route);
      const refused = await post(viewer, address, { form_token: token });
      assert.equal(refused.status, 403);
      assert.match(refused.text, /<h1>/);
      assert.equal((await post(operator, address, {})).status, 403);
      // The token of another visitor is none.
      assert.equal((await post(operator, address, { form_token: token })).status, 403);
      // Other methods lead nowhere.
      const put = await viewer.context.request.put(service.operations + address, { form: { form_token: token } });
      assert.equal(put.status(), 403);
    });
  }
  await viewer.close();
  await operator.close();
});

test('a page that only reads takes no form', async () => {
  const operator = await signedIn('ayse');
  const token = await tokenOf(operator.page);
  for (const path of ['now', 'jobs', 'courses', 'audit/export']) {
    const { status } = await post(operator, `/console/${keys.account.id}/${path}`, { form_token: token });
    assert.ok([404, 405].includes(status), `${path}: ${status}`);
  }
  await operator.close();
});

test('an operator makes a key, and is asked for the password again', async () => {
  const visit = await signedIn('ayse');
  const { page } = visit;
  await page.goto(`${base}keys/new`);
  await page.locator('input[name=confirm], input[type=password]').fill('wrong');
  await page.locator('main form .btn.primary').click();
  await page.locator('[aria-invalid]').waitFor();
  await page.locator('input[type=password]').fill(PASSWORD);
  await page.locator('main form .btn.primary').click();
  await page.locator('.secret code').first().waitFor();
  // The log names the admin.
  await page.goto(`${base}audit`);
  assert.match(await page.locator('tbody tr').first().innerText(), /ayse|admin/i);
  assertQuiet(visit);
  await visit.close();
});

test('a sign-in ends with its cookie, and its token with the sign-in', async () => {
  const visit = await signedIn('ayse');
  const { page, context } = visit;
  const cookies = await context.cookies();
  await context.clearCookies();
  await page.goto(`${base}now`);
  assert.equal(new URL(page.url()).pathname, '/console/sign-in');
  await context.addCookies(cookies);
  await page.goto(`${base}now`);
  assert.equal(page.url(), `${base}now`);
  await page.locator('form[action$="/sign-out"] button').click();
  await page.waitForURL(/sign-in/);
  assert.equal((await context.cookies()).some(({ name, value }) => name === 'derslik_console' && value), false);
  // A copy of it opens nothing.
  await context.addCookies(cookies);
  await page.goto(`${base}now`);
  assert.equal(new URL(page.url()).pathname, '/console/sign-in');
  assertQuiet(visit);
  await visit.close();
});

test('an admin who was removed is signed out', async () => {
  const visit = await signedIn('deniz');
  service.command(['admin', 'remove', 'deniz']);
  await visit.page.goto(`${base}now`);
  assert.equal(new URL(visit.page.url()).pathname, '/console/sign-in');
  await visit.close();
});

test('behind a proxy with TLS the cookie is bound to its host', async () => {
  const own = await serveProduction({ DERSLIK_CONSOLE__URL: 'https://ops.okul.example' });
  try {
    admin(own, 'ayse', 'operator');
    const url = `${own.operations}/console/sign-in`;
    const headers = { Host: 'ops.okul.example', Origin: 'https://ops.okul.example', 'Content-Type': 'application/x-www-form-urlencoded' };
    const form_token = formToken((await ask('GET', url, headers)).text);
    const form = new URLSearchParams({ form_token, name: 'ayse', password: PASSWORD }).toString();
    const { status, headers: { 'set-cookie': cookies } } = await ask('POST', url, headers, form);
    assert.equal(status, 303);
    const parts = cookies[0].split('; ');
    assert.match(parts[0], /^__Host-derslik=.{20,}/);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/', 'Max-Age=43200']) assert.ok(parts.includes(part), cookies[0]);
    assert.ok(!cookies[0].includes('Domain'));
  } finally {
    await own.close();
  }
});

// These come last: the address of this machine has to wait afterwards.
test('a wrong password says nothing about the name', async () => {
  const visit = await browser.visit(`${base}now`, { locale: 'en' });
  const { page } = visit;
  assert.equal(await fill(page, 'ayse', 'wrong'), 422);
  const known = await page.locator('#problem').innerText();
  assert.equal(await fill(page, 'nobody-of-that-name', 'wrong'), 422);
  assert.equal(await page.locator('#problem').innerText(), known);
  // What was typed is kept, but for the password.
  assert.equal(await page.locator('input[name=name]').inputValue(), 'nobody-of-that-name');
  assert.equal(await page.locator('input[name=password]').inputValue(), '');
  await assertGood(visit, 'en');
  await visit.close();
});

test('after ten wrong passwords also the right one has to wait', async () => {
  const visit = await browser.visit(`${base}now`, { locale: 'en' });
  const { page } = visit;
  for (let count = 0; count < 10; count += 1) assert.equal(await fill(page, 'can', `guess ${count}`), 422);
  assert.equal(await fill(page, 'can', PASSWORD), 422);
  assert.match(await page.locator('#problem').innerText(), /\d/);
  assert.equal((await visit.context.cookies()).some(({ name }) => name === 'derslik_console'), false);
  assertQuiet(visit);
  await visit.close();
});
