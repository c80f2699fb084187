// Pictures of the pages of the console. See scripts/screenshots.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowser } from './browser.js';
import { launch, school } from './content.js';
import { pagesOf } from './pages.js';
import { withPalette } from './png.js';
import { ROOT } from './service.js';

const SIZES = { '1440x900': { width: 1440, height: 900 }, '390x844': { width: 390, height: 844 } };
const LANGUAGES = ['en', 'tr', 'ar'];
const SCHEMES = ['light', 'dark'];
/** The picture of the README: its page, and the most bytes that it has. */
const README = { page: 'week', file: 'docs/console.png', bytes: 150_000 };
/** How long the service works before the pages are looked at, so that the charts show something. */
const WORK_SECONDS = 25;

const { values, positionals } = parseArgs({
  options: {
    readme: { type: 'boolean' },
    whole: { type: 'boolean' },
    language: { type: 'string' },
    scheme: { type: 'string' },
    size: { type: 'string' },
  },
  allowPositionals: true,
});

/** What clients do for a while, now more and now less. */
async function work(account) {
  const end = Date.now() + WORK_SECONDS * 1_000;
  for (let round = 0; Date.now() < end; round += 1) {
    const calls = Array.from({ length: 4 + Math.round(4 * Math.sin(round / 9)) }, (_, at) => at);
    await Promise.all(calls.map((at) => [
      () => account.request('GET', '/v1/courses?pageSize=20'),
      () => account.request('POST', '/xapi/v2/session/search', { body: { page_size: 10 } }),
      () => account.request('GET', `/api/v1/${account.project.key}/jobs`),
      () => account.request('GET', '/v1/courses/000000'),
    ][at % 4]()));
    await new Promise((rested) => setTimeout(rested, 80));
  }
}

async function picture(browser, options, url, file, whole) {
  const { page, close } = await browser.open(options);
  await page.goto(url, { waitUntil: 'load' });
  await page.evaluate(() => document.fonts.ready);
  const taken = await page.screenshot({ fullPage: whole, animations: 'disabled', caret: 'hide' });
  await close();
  if (file) writeFileSync(file, taken);
  return taken;
}

async function readme(browser, pages) {
  const url = pages.find(([name]) => name === README.page)[1];
  const taken = withPalette(await picture(browser, { locale: 'en', viewport: SIZES['1440x900'], colorScheme: 'light' }, url));
  if (taken.length > README.bytes) throw new Error(`the picture has ${taken.length} bytes, and may have ${README.bytes}`);
  writeFileSync(join(ROOT, README.file), taken);
  console.log(`${README.file}: ${taken.length} bytes`);
}

const [browser, server] = await Promise.all([openBrowser(), launch()]);
try {
  const account = await school(server);
  const pages = await pagesOf(`${server.operations}/console/${account.id}/`);
  if (values.readme) {
    await readme(browser, pages);
  } else {
    const wanted = pages.filter(([name]) => positionals.length === 0 || positionals.includes(name));
    if (wanted.some(([name]) => name === 'now')) await work(account);
    const folder = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'screenshots');
    mkdirSync(folder, { recursive: true });
    let count = 0;
    for (const [name, url] of wanted) {
      for (const locale of LANGUAGES.filter((language) => (values.language ?? language) === language)) {
        for (const colorScheme of SCHEMES.filter((scheme) => (values.scheme ?? scheme) === scheme)) {
          for (const [size, viewport] of Object.entries(SIZES).filter(([size]) => (values.size ?? size) === size)) {
            const file = join(folder, `${name}-${locale}-${size}-${colorScheme}.png`);
            await picture(browser, { locale, colorScheme, viewport }, url, file, values.whole);
            count += 1;
          }
        }
      }
    }
    console.log(`${count} pictures in ${folder}`);
  }
} finally {
  await browser.close();
  await server.stop();
}
