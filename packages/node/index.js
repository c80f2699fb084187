// Derslik for tests: one service for a process, and an account for each `Derslik.start()`.
'use strict';

const { Account } = require('./lib/account.js');
const { ControlError, EndedError } = require('./lib/control.js');
const { Server } = require('./lib/server.js');

let shared;

const Derslik = {
  /** An account of its own on the service of this process, which the first call starts. */
  async start(options) {
    shared ??= Server.launch();
    let server;
    try {
      server = await shared;
    } catch (error) {
      shared = undefined;
      throw error;
    }
    return server.account(options);
  },

  /** Ends the service of this process. It would end with the process, too. */
  async stop() {
    const running = shared;
    shared = undefined;
    if (running) await (await running).stop();
  },
};

module.exports = { Account, ControlError, Derslik, EndedError, Server };
