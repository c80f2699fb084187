// The package for `import`. It is the one that `require` gives, so both share the service of a process.
import derslik from './index.js';

export const { Account, ControlError, Derslik, EndedError, Server } = derslik;
