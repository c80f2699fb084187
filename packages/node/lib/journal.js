// The requests of one account.
'use strict';

const { AssertionError } = require('node:assert');

const { ControlError, nearest } = require('./control.js');

class Journal {
  #control;

  constructor(control) {
    this.#control = control;
  }

  async list(match = {}) {
    return (await this.#control.call('GET', '', { query: { limit: 100, ...match } })).entries;
  }

  async wait(match = {}, { count = 1, timeout = 5 } = {}) {
    const query = { ...match, count, timeout };
    return (await this.#control.call('GET', 'wait', { query, timeout: (timeout + 10) * 1_000 })).entries;
  }

  async assert(match = {}, expected = { at_least: 1 }) {
    try {
      return (await this.#control.call('POST', 'assert', { body: { match, ...expected } })).matched;
    } catch (error) {
      if (!(error instanceof ControlError) || error.status !== 409) throw error;
      throw new AssertionError({ message: unmet(match, error.problem), stackStartFn: this.assert });
    }
  }

  /** Each request that matches, those of before first, as they come. It ends if none comes for `timeout` seconds. */
  async *live(match = {}, { timeout } = {}) {
    const patience = timeout === undefined ? undefined : timeout * 1_000;
    let after = match.after ?? 0;
    let until = patience && Date.now() + patience;
    // The service ends such an answer after some minutes. What was not seen yet comes with the next one.
    do {
      const left = until && Math.max(until - Date.now(), 1);
      for await (const entry of this.#control.events('live', { ...match, after }, left)) {
        if (entry !== undefined) {
          after = entry.seq;
          yield entry;
          until = patience && Date.now() + patience;
        } else if (until !== undefined && Date.now() >= until) return;
      }
    } while (until === undefined || Date.now() < until);
  }

  async curl(match = {}) {
    return (await this.#control.call('GET', 'curl', { query: match })) ?? '';
  }

  async clear() {
    await this.#control.call('DELETE');
  }
}

/** How many requests match, which were meant, and what is nearest. */
function unmet(match, problem) {
  const near = nearest(problem);
  return [`${problem.detail}: ${JSON.stringify(match)}`, ...(near.length > 0 ? near : ['the journal is empty'])].join('\n');
}

module.exports = { Journal };
