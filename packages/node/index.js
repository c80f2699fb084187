// Derslik for tests: one service for a process, and an account for each `Derslik.start()`.
import { Account } from './lib/account.js';
import { Server } from './lib/server.js';

export { Account, Server };
export { ControlError } from './lib/control.js';

let shared;

export const Derslik = {
  /** An account of its own on the service of this process, which the first call starts. */
  async start({ name, seed, frozen = true } = {}) {
    shared ??= Server.launch();
    let server;
    try {
      server = await shared;
    } catch (error) {
      shared = undefined;
      throw error;
    }
    const account = new Account(server, await server.control.call('POST', 'accounts', { body: { name, seed } }));
    if (frozen) await account.clock.freeze();
    return account;
  },

  /** Ends the service of this process. It would end with the process, too. */
  async stop() {
    const running = shared;
    shared = undefined;
    if (running) await (await running).stop();
  },
};
