// Chromium of the system for tests of pages. It reaches this machine alone, and each visit records what it asked for.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

/** Names under which distributions install the browser. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

const ARGUMENTS = [
  '--no-proxy-server',
  // The pages of these tests have no certificate.
  '--disable-features=HttpsUpgrades',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
];

/** No name leads to an address but those that are named, which lead to this machine. No address but those of this machine is used. */
function resolverRules(names) {
  const rules = [...names.map((name) => `MAP ${name} 127.0.0.1`), 'MAP * ~NOTFOUND', ...LOOPBACK.map((host) => `EXCLUDE ${host}`)];
  return `--host-resolver-rules=${rules.join(', ')}`;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser of the system. There is no test without it. */
function executable() {
  const named = process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = named ?? folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
  if (!found) throw new Error('Chromium is missing: install it (Debian: apt-get install chromium), or name it in CHROMIUM');
  return found;
}

/** Whether a URL leads to a server, and not to something that the page holds itself. */
function isRemote(url) {
  return ['http:', 'https:', 'ws:', 'wss:'].includes(new URL(url).protocol);
}

function isForeign(url, names) {
  return isRemote(url) && ![...LOOPBACK, ...names].includes(new URL(url).hostname);
}

/**
 * A browser, for which `names` lead to this machine. `visit(url, options)` opens a page of its own, and returns it with what it has
 * asked for so far: `requests` are all URLs, `foreign` those of other machines, and `errors` the errors of its console and its
 * scripts. `page(url)` opens a page of which nothing is recorded, and whose preflights reach the service.
 */
export async function openBrowser(names = []) {
  const browser = await chromium.launch({ executablePath: executable(), headless: true, args: [...ARGUMENTS, resolverRules(names)] });
  async function visit(url, options = {}) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    const [requests, foreign, errors] = [[], [], []];
    await context.route('**/*', (route) => {
      const asked = route.request().url();
      if (isRemote(asked)) requests.push(asked);
      if (!isForeign(asked, names)) return route.continue();
      foreign.push(asked);
      return route.abort();
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    const answer = await page.goto(url);
    if (!answer?.ok()) throw new Error(`${url} answered ${answer?.status()}`);
    return { page, requests, foreign, errors, answer };
  }
  // The library answers preflights by itself where it intercepts requests, so here it intercepts none.
  async function page(url) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    return page;
  }
  return { visit, page, close: () => browser.close() };
}
