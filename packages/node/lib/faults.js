// The faults that the service injects into requests and jobs of one account.
'use strict';

class Faults {
  #control;

  constructor(control) {
    this.#control = control;
  }

  async add(kind, fields = {}) {
    return (await this.#control.call('POST', '', { body: { kind, ...fields } })).faults[0];
  }

  async preset(name, fields = {}) {
    return (await this.#control.call('POST', '', { body: { preset: name, ...fields } })).faults;
  }

  async list() {
    return (await this.#control.call('GET')).faults;
  }

  async remove(fault) {
    await this.#control.call('DELETE', encodeURIComponent(fault.id ?? fault));
  }

  async clear() {
    await this.#control.call('DELETE');
  }
}

module.exports = { Faults };
