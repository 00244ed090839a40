import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';

const { cache } = createRequire(import.meta.url);
const HostError = Error;

/**
 * Jest gives every test file a world of its own, with its own `Error`, `Object` and so on. Two things cross
 * its border and are mended here, so that code under test behaves as it does in the server.
 */
export default class Environment extends TestEnvironment {
  async setup() {
    await super.setup();
    renewNativeClasses();
    recogniseHostErrors(this.global.Error);
  }
}

/** Node loads better-sqlite3 once in a process; it would for ever use the classes of the first file. */
function renewNativeClasses() {
  for (const loaded of Object.values(cache)) {
    if (/better-sqlite3.*\.node$/.test(loaded?.filename ?? '')) loaded.exports.isInitialized = false;
  }
}

/** What Node itself throws (a missing file, a refused connection) is an `Error` to the tests too. */
function recogniseHostErrors(SandboxError) {
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(SandboxError, Symbol.hasInstance, {
    value(value) {
      return isInstance.call(this, value) || (this === SandboxError && value instanceof HostError);
    },
  });
}
