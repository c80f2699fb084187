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
 * A browser, for which `names` lead to this machine. `open(options)` makes a page of its own, and returns it with what happens there:
 * `requests` are all URLs that it asks for, `foreign` those of other machines, `errors` the errors of its console and its scripts, and
 * `dialogs` what it has asked its user. `visit(url, options)` opens such a page at once, which must answer with success, and `page(url)`
 * returns that page alone.
 */
export async function openBrowser(names = []) {
  const browser = await chromium.launch({ executablePath: executable(), headless: true, args: [...ARGUMENTS, resolverRules(names)] });
  async function open(options = {}) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    const [requests, foreign, errors, dialogs] = [[], [], [], []];
    // Nothing is intercepted: the library would then answer preflights by itself, and the browser would keep no file.
    context.on('request', (request) => {
      const asked = request.url();
      if (isRemote(asked)) requests.push(asked);
      if (isForeign(asked, names)) foreign.push(asked);
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      dialog.dismiss();
    });
    return { context, page, requests, foreign, errors, dialogs, close: () => context.close() };
  }
  async function visit(url, options = {}) {
    const opened = await open(options);
    const answer = await opened.page.goto(url);
    if (!answer?.ok()) throw new Error(`${url} answered ${answer?.status()}`);
    return { ...opened, answer };
  }
  async function page(url) {
    return (await visit(url)).page;
  }
  return { open, visit, page, close: () => browser.close() };
}
