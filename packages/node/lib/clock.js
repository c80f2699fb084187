// The clock of one account, or that for all accounts without a clock of their own.
'use strict';

const SECONDS = { weeks: 604_800, days: 86_400, hours: 3_600, minutes: 60, seconds: 1 };

function instant(value) {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  throw new TypeError(`an instant is a Date, or a text as 2026-01-01T00:00:00Z, and not ${value}`);
}

/** A duration in seconds, or a text. Parts are those of SECONDS. */
function span(by) {
  if (typeof by === 'string') return by;
  const isNumber = typeof by === 'number' && Number.isFinite(by);
  if (!isNumber && (by === null || typeof by !== 'object' || Object.keys(by).length === 0)) {
    throw new TypeError("give a duration, such as '7d', 90 (seconds) or { days: 1 }, or { to } an instant");
  }
  const parts = isNumber ? { seconds: by } : by;
  const seconds = Object.entries(parts).reduce((sum, [part, count]) => {
    if (!Object.hasOwn(SECONDS, part)) throw new TypeError(`a duration has no ${part}: it has ${Object.keys(SECONDS).join(', ')}`);
    if (!Number.isFinite(count)) throw new TypeError(`${part} is a number, and not ${count}`);
    return sum + count * SECONDS[part];
  }, 0);
  if (seconds < 0) throw new RangeError('advance goes forwards: to go back, use set');
  // What `0.1` of a day is not whole by is less than a millionth.
  if (Math.abs(seconds - Math.round(seconds)) > 1e-6) {
    throw new RangeError('advance goes by whole seconds: to go to a part of one, give { to } the instant');
  }
  return Math.round(seconds);
}

/** The time by which objects go. Leases, timeouts and limits of the service stay on real time. */
class Clock {
  #control;

  constructor(control) {
    this.#control = control;
  }

  show() {
    return this.#control.call('GET');
  }

  async now() {
    return new Date((await this.show()).now);
  }

  async freeze(at) {
    return this.#control.call('POST', 'freeze', { body: at === undefined ? {} : { at: instant(at) } });
  }

  async set(to) {
    return this.#control.call('POST', 'set', { body: { to: instant(to) } });
  }

  async advance(by) {
    const to = by?.to;
    if (to !== undefined && Object.keys(by).length > 1) throw new TypeError('give a duration, or the instant to go to, and not both');
    const body = to === undefined ? { by: span(by?.by ?? by) } : { to: instant(to) };
    return (await this.#control.call('POST', 'advance', { body })).ran;
  }

  async runToNextDue() {
    return (await this.#control.call('POST', 'run-to-next-due')).ran;
  }

  resume() {
    return this.#control.call('POST', 'resume');
  }

  async release() {
    await this.#control.call('DELETE');
  }
}

module.exports = { Clock };
